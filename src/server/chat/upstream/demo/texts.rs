//! The texts of the demo responder.

use super::{Example, language::Language};

const SLOW_WORDS: usize = 300;
const LONG_SECTIONS: usize = 20;

pub fn repeated(language: Language, name: &str, message: &str) -> String {
    let commands = Example::ALL.map(|example| format!("`{}`", example.command())).join(", ");
    match language {
        Language::English => format!(
            "Hello {name}, I am the demo responder: no chat upstream is configured, so I only repeat your words. \
             You wrote: “{message}”. \
             Your message came with an access token that this server had issued and judged good, and my answer is \
             streamed to you word by word. To see what answers can look like, try {commands}; the last one takes long \
             enough to be stopped."
        ),
        Language::French => format!(
            "Bonjour {name}, je suis le répondeur de démonstration : aucun modèle n’est configuré, je répète donc \
             seulement ce que l’on m’écrit. Vous avez écrit : « {message} ». \
             Votre message est arrivé avec un jeton d’accès que ce serveur avait émis et jugé valable, et ma réponse \
             vous parvient mot à mot. Pour voir à quoi une réponse peut ressembler, essayez {commands} ; la dernière \
             dure assez longtemps pour être arrêtée."
        ),
    }
}

pub fn slow(language: Language) -> String {
    let word = match language {
        Language::English => "word",
        Language::French => "mot",
    };
    (1..=SLOW_WORDS).map(|n| format!("{word} {n}, ")).collect()
}

pub fn table(language: Language) -> &'static str {
    match language {
        Language::English => {
            "These figures are made up; the table is real.\n\n\
             | Wait event | Waits | Time (s) | % of DB time |\n\
             |:--|--:|--:|--:|\n\
             | db file sequential read | 1,204,311 | 842.7 | 41.2 |\n\
             | log file sync | 88,120 | 310.4 | 15.2 |\n\
             | direct path read temp | 12,904 | 122.9 | 6.0 |\n\
             | enq: TX - row lock contention | 37 | 96.3 | 4.7 |\n\n\
             Numbers are aligned on the right, and a wide table scrolls within the page."
        }
        Language::French => {
            "Ces chiffres sont inventés ; le tableau est un vrai tableau.\n\n\
             | Événement d’attente | Attentes | Temps (s) | % du temps |\n\
             |:--|--:|--:|--:|\n\
             | db file sequential read | 1 204 311 | 842,7 | 41,2 |\n\
             | log file sync | 88 120 | 310,4 | 15,2 |\n\
             | direct path read temp | 12 904 | 122,9 | 6,0 |\n\
             | enq: TX - row lock contention | 37 | 96,3 | 4,7 |\n\n\
             Les nombres sont alignés à droite, et un tableau trop large défile dans son cadre."
        }
    }
}

pub fn sql(language: Language) -> &'static str {
    match language {
        Language::English => {
            "The statements that have cost the most, by elapsed time:\n\n\
             ```sql\n\
             SELECT sql_id,\n       \
                    ROUND(elapsed_time / 1e6, 1) AS elapsed_s,\n       \
                    executions,\n       \
                    SUBSTR(sql_text, 1, 60) AS beginning -- enough to recognise it\n  \
               FROM v$sqlstats\n \
              WHERE executions > 0\n \
              ORDER BY elapsed_time DESC\n \
              FETCH FIRST 10 ROWS ONLY;\n\
             ```\n\n\
             It needs `SELECT` on `v$sqlstats`. Nobody has run it here: this is a demo."
        }
        Language::French => {
            "Les requêtes les plus coûteuses, par temps écoulé :\n\n\
             ```sql\n\
             SELECT sql_id,\n       \
                    ROUND(elapsed_time / 1e6, 1) AS secondes,\n       \
                    executions,\n       \
                    SUBSTR(sql_text, 1, 60) AS debut -- assez pour la reconnaître\n  \
               FROM v$sqlstats\n \
              WHERE executions > 0\n \
              ORDER BY elapsed_time DESC\n \
              FETCH FIRST 10 ROWS ONLY;\n\
             ```\n\n\
             Il faut le droit `SELECT` sur `v$sqlstats`. Personne ne l’a exécutée ici : c’est une démonstration."
        }
    }
}

pub fn list(language: Language) -> &'static str {
    match language {
        Language::English => {
            "When a query has become slow, look in this order:\n\n\
             1. **The plan**: has it changed?\n   \
                - `DBMS_XPLAN.DISPLAY_CURSOR` shows the one in use\n   \
                - `DBA_HIST_SQL_PLAN` shows the earlier ones\n\
             2. **The waits**: what does it wait for?\n\
             3. **The statistics**: are they *older* than the data?\n\n\
             > Change one thing at a time."
        }
        Language::French => {
            "Quand une requête est devenue lente, regardez dans cet ordre :\n\n\
             1. **Le plan** : a-t-il changé ?\n   \
                - `DBMS_XPLAN.DISPLAY_CURSOR` montre celui en usage\n   \
                - `DBA_HIST_SQL_PLAN` montre les précédents\n\
             2. **Les attentes** : qu’attend-elle ?\n\
             3. **Les statistiques** : sont-elles *plus anciennes* que les données ?\n\n\
             > Ne changez qu’une chose à la fois."
        }
    }
}

pub fn long(language: Language) -> String {
    (1..=LONG_SECTIONS).map(|n| section(language, n)).collect()
}

fn section(language: Language, n: usize) -> String {
    match language {
        Language::English => format!(
            "## Part {n} of {LONG_SECTIONS}\n\n\
             A long answer grows under the reader’s eyes. People who read its beginning must not be dragged to its end, \
             and those who wait at the end should see it come.\n\n\
             - point {n}.1, with `code` in it\n- point {n}.2, with **weight**\n\n"
        ),
        Language::French => format!(
            "## Partie {n} sur {LONG_SECTIONS}\n\n\
             Une longue réponse grandit sous les yeux. Qui en lit le début ne doit pas être entraîné vers la fin, et \
             qui attend à la fin doit la voir venir.\n\n\
             - point {n}.1, avec du `code`\n- point {n}.2, avec du **poids**\n\n"
        ),
    }
}

pub fn thinking(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => (
            "The person wants to see me think. I have no thoughts, but I can show where a model’s would be: beside the \
             answer, folded away, and never read aloud as if they were the answer.",
            "What you may have seen before this sentence was reasoning. It is no part of the answer.",
        ),
        Language::French => (
            "La personne veut me voir réfléchir. Je ne pense pas, mais je peux montrer où seraient les pensées d’un \
             modèle : à côté de la réponse, repliées, et jamais lues comme si elles étaient la réponse.",
            "Ce que vous avez peut-être vu avant cette phrase était un raisonnement. Il ne fait pas partie de la réponse.",
        ),
    }
}
