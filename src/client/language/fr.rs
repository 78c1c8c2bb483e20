//! French. Spaces before high punctuation are no-break spaces.

use super::catalog::{
    Account, Answer, Catalog, Chat, Failures, Feedback, Files, Links, Message, Notice, Pages, Queue, SessionEnd,
    Sessions, Shortcuts, Sidebar, Starter, Versions,
};
use super::grouped;

pub static FRENCH: Catalog = Catalog {
    pages: Pages {
        signing_in: "Connexion en cours…",
        try_again: "Réessayer",
        sign_in_again: "Se reconnecter",
        sign_in_again_hint: "Si cela ne suffit pas, reconnectez-vous. Votre texte est conservé.",
        go_on_without: "Continuer sans cela",
        signed_out: Message {
            title: "Vous êtes déconnecté",
            text: "Votre session est terminée ici. Le service d’authentification vous connaît peut-être encore : sur \
                   un poste partagé, déconnectez-vous aussi là-bas.",
        },
        signed_out_here: Message {
            title: "Vous êtes déconnecté", text: "Vous êtes déconnecté dans ce navigateur."
        },
        signed_out_unconfirmed: Message {
            title: "Vous êtes déconnecté dans ce navigateur",
            text: "Le serveur n’a pas encore confirmé la fin de votre session. La demande sera répétée jusque-là : \
                   laissez cette page ouverte, ou revenez-y quand vous serez en ligne.",
        },
        still_signed_in: Message {
            title: "Vous êtes encore connecté ici",
            text: "Seul « Se déconnecter » dans le chat termine votre session dans ce navigateur.",
        },
        signed_out_everywhere: Message {
            title: "Vous êtes déconnecté",
            text: "Votre session est terminée, ici et auprès du service d’authentification.",
        },
        sign_in: "Se connecter",
        not_found_title: "Page introuvable",
        not_found_text: |path| format!("Il n’y a rien ici : {path}"),
        go_to_chat: "Aller au chat",
    },
    failures: Failures {
        request_id: |request| format!("Référence : {request}"),
        no_login_to_finish: Message {
            title: "Aucune connexion à terminer",
            text: "Cette page ne fait que terminer une connexion qui vient de commencer. Tout va bien : recommencez.",
        },
        repeated_sign_ins: Message {
            title: "La connexion ne tient pas",
            text: "Elle a été tentée plusieurs fois en une minute, sans durer. Réessayez ; si cela se reproduit, \
                   indiquez l’heure à votre administrateur.",
        },
        not_redirected: Message {
            title: "Vous n’êtes pas encore connecté",
            text: "Vous êtes revenu avant la fin de la connexion, ou le service d’authentification est lent. Continuez \
                   quand vous voulez.",
        },
        insecure_context: Message {
            title: "Cette page exige une adresse sécurisée",
            text: "Ouvrez-la avec https:// au début de l’adresse. Votre navigateur ne garde la clé de votre session \
                   que là.",
        },
        no_web_crypto: Message {
            title: "Ce navigateur est trop ancien",
            text: "Il lui manque la cryptographie (WebCrypto avec P-256) qui protège votre session. Utilisez un \
                   navigateur récent.",
        },
        no_indexed_db: Message {
            title: "Ce navigateur ne garde rien pour cette page",
            text: "La clé de votre session est gardée dans le stockage du navigateur (IndexedDB), qui est désactivé ou \
                   plein. Autorisez ce site à stocker des données (souvent appelées « cookies »), quittez la \
                   navigation privée ou changez de navigateur.",
        },
        key_not_storable: Message {
            title: "Ce navigateur ne peut pas garder la clé de votre session",
            text: "Son stockage (IndexedDB) fonctionne, mais refuse une clé qui ne peut pas être copiée, comme certains \
                   navigateurs en navigation privée et les anciens dans tous les cas. Utilisez une fenêtre normale ou \
                   un navigateur récent.",
        },
        indexed_db_timeout: Message {
            title: "Le stockage de ce navigateur ne répond pas",
            text: "La clé de votre session est gardée dans le stockage du navigateur (IndexedDB), qui n’a pas répondu. \
                   Rechargez la page. Si cela ne suffit pas, fermez toutes les fenêtres du navigateur et rouvrez-le.",
        },
        invalid_state: Message {
            title: "Ce lien de connexion n’est plus valable",
            text: "Il a déjà servi, ou plus de dix minutes ont passé. Recommencez pour en obtenir un nouveau.",
        },
        access_denied: Message {
            title: "La connexion a été refusée",
            text: "Vous, ou le service d’authentification, avez dit non. Réessayez, ou connectez-vous sous un autre \
                   nom.",
        },
        interaction_required: Message {
            title: "Le service d’authentification a une question pour vous",
            text: "Réessayez et répondez-y.",
        },
        temporarily_unavailable: Message {
            title: "Le service d’authentification est occupé",
            text: "Réessayez dans un instant.",
        },
        login_refused: Message {
            title: "La connexion a été refusée",
            text: "Le service d’authentification a donné une raison que seul votre administrateur peut traiter. \
                   Indiquez-lui l’heure.",
        },
        login_failed: Message {
            title: "La connexion n’a pas abouti",
            text: "La réponse du service d’authentification n’a pas pu être acceptée. Réessayez ; si cela se \
                   reproduit, indiquez l’heure à votre administrateur.",
        },
        provider_unavailable: Message {
            title: "Le service d’authentification est injoignable",
            text: "Rien n’est perdu. Réessayez dans un instant.",
        },
        access_token_too_long: Message {
            title: "Votre compte a trop d’autorisations",
            text: "Le service d’authentification les inscrit dans un jeton trop long pour être utilisé ici. Se \
                   reconnecter n’y change rien : prévenez votre administrateur, qui peut le faire raccourcir.",
        },
        session_ended: Message {
            title: "Votre session est terminée",
            text: "Reconnectez-vous pour continuer. Votre texte est conservé.",
        },
        unauthenticated: Message {
            title: "Le serveur n’a pas accepté votre connexion",
            text: "Rechargez la page pour vous reconnecter. Votre texte est conservé.",
        },
        forbidden: Message {
            title: "Vous n’y êtes pas autorisé",
            text: "Votre compte n’a pas accès au chat. Demandez l’accès à votre administrateur.",
        },
        export_forbidden: Message {
            title: "Vous ne pouvez pas exporter",
            text: "Enregistrer des conversations demande une autorisation que votre compte n’a pas. Adressez-vous à votre \
                   administrateur.",
        },
        roles_left_out: Message {
            title: "Vos autorisations ne sont pas connues",
            text: "Vous êtes dans tant de groupes que le service d’authentification ne les énumère pas : on ne voit donc \
                   pas ici si vous avez accès au chat. Dites-le à votre administrateur, qui peut y remédier.",
        },
        step_up_required: Message {
            title: "Il faut vous reconnecter pour cela",
            text: "Cette action est protégée par une connexion récente, ou plus forte, par exemple avec un second \
                   facteur. La page la reprend ensuite. Votre texte est conservé.",
        },
        step_up_failed: Message {
            title: "Cette connexion n’a pas suffi",
            text: "Le service d’authentification n’a pas confirmé une connexion de votre part telle qu’il la faut ici : \
                   récente, ou avec un second facteur. Vous êtes toujours connecté et pouvez continuer sans cela. Si \
                   vous en avez besoin sans pouvoir vous connecter ainsi, adressez-vous à votre administrateur.",
        },
        model_unavailable: Message {
            title: "Ce modèle ne vous est plus proposé",
            text: "Choisissez-en un autre ci-dessous, puis réessayez. Votre question est conservée.",
        },
        notice_not_accepted: Message {
            title: "Il y a d’abord un avis à accepter",
            text: "Lisez-le et acceptez-le, puis réessayez. Votre question est conservée.",
        },
        too_many_requests: Message {
            title: "Trop de demandes à la fois",
            text: "Patientez un instant, puis réessayez.",
        },
        invalid_message: Message {
            title: "Ce message ne peut pas être envoyé",
            text: "Il est vide ou trop long. Raccourcissez-le et réessayez.",
        },
        already_answering: Message {
            title: "Une autre réponse est en cours ici",
            text: "Attendez-la ou arrêtez-la, puis renvoyez votre message.",
        },
        too_many_conversations: Message {
            title: "Il n’y a plus de place pour une conversation",
            text: "Supprimez celles dont vous n’avez plus besoin, puis réessayez.",
        },
        too_many_messages: Message {
            title: "Cette conversation ne peut pas s’allonger davantage",
            text: "Commencez-en une nouvelle pour continuer.",
        },
        too_many_versions: Message {
            title: "Ce message a déjà 20\u{a0}versions",
            text: "Elles sont toutes conservées, et il n’y a plus de place pour une autre. Envoyez-le comme nouveau message.",
        },
        storage_full: Message {
            title: "Vos conversations occupent toute la place prévue",
            text: "Supprimez celles dont vous n’avez plus besoin, puis réessayez. Votre texte est conservé.",
        },
        unreachable: Message { title: "La connexion est perdue", text: "Vérifiez votre réseau, puis réessayez." },
        not_found: Message {
            title: "Cette conversation n’est pas ici",
            text: "Elle a été supprimée, ou elle appartient à quelqu’un d’autre.",
        },
        internal: Message {
            title: "Une erreur est survenue de notre côté",
            text: "Rien n’est perdu. Réessayez dans un instant.",
        },
    },
    chat: Chat {
        sign_out: "Se déconnecter",
        composer_label: "Message",
        placeholder: "Posez votre question",
        composer_hint: "Entrée envoie, Maj+Entrée va à la ligne.",
        composer_hint_touch: "Le bouton envoie, Entrée va à la ligne.",
        send: "Envoyer",
        stop: "Arrêter",
        transcript_label: "Conversation",
        hello: "Bonjour",
        empty_title: "Que souhaitez-vous savoir ?",
        starters_label: "Questions pour commencer",
        you: "Vous",
        assistant: "Assistant",
        jump_to_latest: "Aller à la fin",
        offline: Message {
            title: "Vous êtes hors ligne",
            text: "Votre texte est conservé ; vous pourrez l’envoyer au retour du réseau.",
        },
        copy: "Copier",
        copied: "Copié",
        edit: "Modifier",
        editing_notice: "Vous modifiez une question. L’envoi en ajoute une version\u{a0}; ce qui a été dit reste.",
        cancel: "Annuler",
        close: "Fermer",
        retry: "Réessayer",
        retry_in: |seconds| format!("Réessayer dans {}", duration(seconds)),
        continue_answer: "Continuer",
        continue_prompt: "Continue là où tu t’es arrêté.",
        loading_conversation: "Ouverture de la conversation…",
        message_too_long: |over, most| {
            format!(
                "{} caractères sur {} sont de trop\u{a0}: un message en a {} au plus. Un texte plus long peut être joint.",
                number(over),
                number(most + over),
                number(most)
            )
        },
        question_not_sent: "Le modèle l’a refusée\u{a0}: elle n’est pas envoyée avec les questions suivantes.",
        earlier_not_sent: "Les messages précédents ne sont plus envoyés au modèle",
        beginning_not_sent: "Le début de cette réponse n’est plus envoyé au modèle",
        earlier_and_beginning_not_sent: "Les messages précédents et le début de cette réponse ne sont plus envoyés au modèle",
        model_label: |name| format!("Modèle\u{a0}: {name}"),
        model_gone: |gone, next| {
            format!(
                "«\u{a0}{gone}\u{a0}» n’est plus proposé. «\u{a0}{next}\u{a0}» répondra à votre prochaine question."
            )
        },
    },
    versions: Versions {
        label: "Versions de ce message",
        previous: "Version précédente",
        next: "Version suivante",
        number: |number, of| format!("Version {number} sur {of}"),
        running_elsewhere: "Une réponse est en cours de rédaction dans une autre version.",
        show_running: "L’afficher",
        show_stored: "Revenir à ce qui était là",
    },
    queue: Queue {
        label: "Message en attente",
        send_later: "Envoyer ensuite",
        hint: "Entrée l’enverra à la fin de cette réponse.",
        is_full: "Un message attend déjà.",
        waits: "Envoyé à la fin de cette réponse",
        was_not_sent: "Pas envoyé\u{a0}: la réponse n’est pas arrivée à sa fin",
        send_now: "Envoyer maintenant",
        edit: "Changer",
        remove: "Retirer",
        removed: "Le message est retiré.",
    },
    account: Account {
        button_label: |name| format!("{name}\u{a0}: compte et réglages"),
        language: "Langue",
        theme: "Thème",
        theme_system: "Système",
        theme_light: "Clair",
        theme_dark: "Sombre",
        privacy: "Vie privée et données",
        stored: [
            Message {
                title: "Vos conversations",
                text: "Elles sont conservées sur le serveur sous un code tiré de votre compte, sans votre nom.",
            },
            Message {
                title: "Le modèle",
                text: "Il reçoit votre question et les messages qui la précèdent dans la même conversation.",
            },
            Message {
                title: "Vos avis sur les réponses",
                text: "Pouces, raisons et commentaires sont conservés avec la réponse. Qui gère ce chat peut les lire, sans \
                       votre nom.",
            },
            Message {
                title: "Ce navigateur",
                text: "Il conserve la clé de votre session, vos choix sur cette page et, chiffré, le texte que vous \
                       n’avez pas encore envoyé. La déconnexion supprime la clé et ce texte.",
            },
            Message {
                title: "Le journal du serveur",
                text: "Il note vos connexions et déconnexions, et les demandes refusées ; jamais ce que vous écrivez, \
                       ni les réponses.",
            },
        ],
        asker: "Qui vous êtes, pour le modèle",
        asker_details: |details| {
            format!(
                "Avec chaque question, le serveur du modèle reçoit\u{a0}: {details}, et dans quelle conversation vous la posez."
            )
        },
        asker_code: "un code tiré de votre compte",
        asker_account: "l’identifiant de votre compte",
        asker_name: "votre nom",
        asker_email: "votre adresse e-mail",
        asker_roles: "vos rôles",
        kept_until_deleted: "Elles le sont jusqu’à ce que vous les supprimiez.",
        kept_for: |days| {
            let unit = if days == 1 { "jour" } else { "jours" };
            format!(
                "Chacune est supprimée {days}\u{a0}{unit} après sa dernière question, sauf si vous la supprimez avant."
            )
        },
        export_all: "Tout exporter",
        exporting: "Le fichier est en préparation…",
        exported: "Le fichier est enregistré\u{a0}: il contient chacune de vos conversations en Markdown et en JSON.",
        delete_all: "Supprimer toutes les conversations",
        delete_all_warning: "Toutes vos conversations sont aussitôt supprimées du serveur, même celles qui sont épinglées \
                             ou dont la réponse est en cours. C’est irréversible\u{a0}: exportez-les d’abord si vous \
                             pouvez en avoir besoin.",
        delete_all_now: "Tout supprimer maintenant",
        deleting_all: "Vos conversations sont en cours de suppression…",
        all_deleted: "Toutes vos conversations sont supprimées.",
    },
    answer: Answer {
        waiting: "La réponse arrive",
        reading_for: |seconds| format!("Lecture de votre question… {seconds}\u{a0}s"),
        thinking_for: |seconds| format!("Réflexion… {seconds}\u{a0}s"),
        reconnecting: "La connexion est perdue. La réponse reprendra dès que le serveur sera joignable.",
        thinking: "Réflexion",
        code_label: "Code source",
        copy_code: "Copier le code",
        wrap_code: "Couper les lignes longues",
        download_code: "Télécharger le code",
        table_label: "Tableau",
        copy_table: "Copier le tableau",
        download_csv: "Télécharger le tableau en CSV",
        hidden_characters_warning: "Ce code contient des caractères que l’on ne voit pas, ou qui changent l’ordre de \
                                    ce que vous voyez. Ils sont marqués\u{a0}; la copie les contient aussi.",
        code_announcement: |language, lines| {
            format!("Code {language}, {lines}\u{a0}ligne{}.", if lines == 1 { "" } else { "s" })
        },
        table_announcement: |rows| format!("Tableau de {rows}\u{a0}ligne{}.", if rows == 1 { "" } else { "s" }),
        complete: "La réponse est complète.",
        stopping: "Arrêt en cours…",
        stopped: "Arrêtée par vous.",
        cut_at_length: "Coupée : la réponse a atteint sa longueur maximale.",
        filtered: "La fin a été retenue par le filtre de contenu.",
        interrupted: "La réponse s’est interrompue avant la fin.",
        auth_error: Message {
            title: "Le modèle ne nous a pas laissé entrer",
            text: "Votre question n’est pas en cause. Prévenez votre administrateur.",
        },
        misconfigured_error: Message {
            title: "Le chat est mal configuré",
            text: "Votre question n’est pas en cause, et réessayer n’y changerait rien. Prévenez votre administrateur.",
        },
        limit_error: Message { title: "La limite du modèle est atteinte", text: "Votre question est conservée." },
        busy_error: Message {
            title: "Le modèle est occupé",
            text: "Votre question est conservée. Réessayez dans un instant.",
        },
        upstream_error: Message {
            title: "Le modèle n’a pas pu répondre",
            text: "L’erreur est chez lui, pas dans votre question. Réessayez.",
        },
        filtered_error: Message {
            title: "Le filtre de contenu a retenu la réponse",
            text: "Il est souvent trop sévère. Reformulez et réessayez.",
        },
        too_long_error: Message {
            title: "Cette question est trop longue pour le modèle",
            text: "Raccourcissez-la, choisissez moins de sections de ses fichiers, ou interrogez un autre modèle s’il y en a un.",
        },
        network_error: Message {
            title: "Le modèle est injoignable",
            text: "Votre question est conservée. Réessayez dans un instant.",
        },
        timeout_error: Message {
            title: "Le modèle a mis trop de temps",
            text: "Votre question est conservée. Réessayez.",
        },
        details: "Détails de cette réponse",
        time_to_first_token: |ms| format!("premier mot après {},{}\u{a0}s", ms / 1000, ms % 1000 / 100),
        token_counts: |input, output| match (input, output) {
            (Some(input), Some(output)) => format!("jetons\u{a0}: {} lus, {} écrits", number(input), number(output)),
            (Some(input), None) => format!("jetons\u{a0}: {} lus", number(input)),
            (None, Some(output)) => format!("jetons\u{a0}: {} écrits", number(output)),
            (None, None) => String::new(),
        },
        tokens_per_second: |speed| format!("{speed} par seconde"),
    },
    files: Files {
        attach: "Joindre des fichiers",
        label: "Fichiers joints",
        reading: "Lecture…",
        chars: |chars| format!("{}\u{a0}caractère{}", number(chars), if chars < 2 { "" } else { "s" }),
        sent_of: |sent, all| format!("{} caractères envoyés sur {}", number(sent), number(all)),
        chosen_of: |chosen, all| format!("{} caractères sur {}", number(chosen), number(all)),
        fits: |percent| format!("Tout sera envoyé\u{a0}: {percent}\u{a0}% de ce que le modèle peut recevoir."),
        left_out: |left_out, all| {
            format!(
                "Le modèle ne peut pas tout recevoir\u{a0}: les {} derniers caractères sur {} seront omis. Choisissez les \
                 sections qui comptent.",
                number(left_out),
                number(all)
            )
        },
        read_of: |read, all| {
            format!("Le modèle a reçu {} des {} caractères des fichiers joints.", number(read), number(all))
        },
        not_kept: "Ces fichiers sont trop longs pour être gardés par ce navigateur\u{a0}: après un rechargement, \
                   joignez-les de nouveau.",
        open_label: |name| format!("Afficher «\u{a0}{name}\u{a0}»"),
        choose: "Choisir",
        choose_label: |name| format!("Choisir les sections de «\u{a0}{name}\u{a0}»"),
        remove: "Retirer",
        remove_label: |name| format!("Retirer «\u{a0}{name}\u{a0}»"),
        name: "Nom",
        more: |chars| format!("Encore {} caractères ensuite.", number(chars)),
        show_more: "Afficher la suite",
        chosen: |chosen, room| {
            format!(
                "Choisis\u{a0}: {} caractères. Le modèle peut en recevoir {} de ce fichier.",
                number(chosen),
                number(room)
            )
        },
        all: "Tout choisir",
        none: "Ne rien choisir",
        use_chosen: "Envoyer ce qui est choisi",
        untitled: |number| format!("Partie\u{a0}{number}"),
        not_text: |name| {
            format!(
                "«\u{a0}{name}\u{a0}» n’est pas joint\u{a0}: ce n’est pas du texte. Enregistrez-le en texte, CSV ou HTML, \
                 puis joignez ce fichier."
            )
        },
        empty: |name| format!("«\u{a0}{name}\u{a0}» n’est pas joint\u{a0}: il ne contient aucun texte."),
        unreadable: |name| format!("«\u{a0}{name}\u{a0}» n’est pas joint\u{a0}: le navigateur n’a pas pu le lire."),
        too_long: |name, chars, most| {
            format!(
                "«\u{a0}{name}\u{a0}» n’est pas joint\u{a0}: {} de ses {} caractères sont de trop\u{a0}; un fichier en a {} \
                 au plus.",
                number(chars.saturating_sub(most)),
                number(chars),
                number(most)
            )
        },
        all_too_long: |name, chars, most| {
            format!(
                "«\u{a0}{name}\u{a0}» n’est pas joint\u{a0}: {} caractères sur {} seraient de trop\u{a0}; les fichiers d’un \
                 message en ont {} au plus en tout.",
                number(chars.saturating_sub(most)),
                number(chars),
                number(most)
            )
        },
        too_many: |name, most| {
            format!("«\u{a0}{name}\u{a0}» n’est pas joint\u{a0}: un message a {most}\u{a0}fichiers au plus.")
        },
        show_all: "Tout afficher",
        show_all_lines: |lines| format!("Afficher les {}\u{a0}lignes", number(lines)),
        show_less: "Réduire",
        columns: "Texte en colonnes",
    },
    feedback: Feedback {
        good: "Bonne réponse",
        bad: "Mauvaise réponse",
        add_reason: "Dire pourquoi",
        title: "Que pensez-vous de cette réponse\u{a0}?",
        reason_label: "De quoi s’agit-il\u{a0}? (facultatif)",
        facts: "Juste ou fausse",
        completeness: "Ce qui manque ou ce qui est de trop",
        relevance: "Si elle répond à la question",
        style: "Comment elle est écrite",
        comment_label: "Avec vos mots (facultatif)",
        hint: "1\u{202f}000 caractères au plus. Qui gère ce chat peut le lire.",
    },
    notice: Notice {
        accept: "J’ai lu et j’accepte",
        accepted: |version, time| format!("Vous avez accepté la version {version} le {time}."),
        read_again: "Lire l’avis",
    },
    links: Links {
        leave_title: |name| format!("Vous quittez {name}"),
        leave_text: |host| {
            format!("Ce lien d’une réponse mène à {host}. Tout ce qui figure dans son adresse y est envoyé\u{a0}:")
        },
        do_not_ask_again: |host| format!("Ne plus demander pour {host} tant que cette page est ouverte"),
        open_in_new_tab: "Ouvrir dans un nouvel onglet",
    },
    sidebar: Sidebar {
        conversations: "Conversations",
        show: "Afficher les conversations",
        hide: "Masquer les conversations",
        new_conversation: "Nouvelle conversation",
        search: "Rechercher",
        today: "Aujourd’hui",
        yesterday: "Hier",
        last_seven_days: "7\u{a0}derniers jours",
        earlier: "Plus ancien",
        no_conversations: "Vos conversations apparaîtront ici.",
        no_search_results: "Aucune conversation ne contient ces mots.",
        load_failed: "La liste n’a pas pu être chargée.",
        answer_running: "réponse en cours",
        untitled: "Sans titre",
        more_actions: |title| format!("Actions pour «\u{a0}{title}\u{a0}»"),
        rename: "Renommer",
        new_title: "Nouveau titre",
        delete: "Supprimer",
        to_be_deleted: "La conversation sera supprimée dans dix secondes.",
        undo: "Annuler",
        undo_label: |title| format!("Annuler\u{a0}: garder «\u{a0}{title}\u{a0}»"),
        deleted: "La conversation est supprimée.",
        export_markdown: "Exporter en Markdown",
        export_json: "Exporter en JSON",
        pinned: "Épinglées",
        pin: "Épingler",
        unpin: "Désépingler",
        is_pinned: "La conversation est épinglée.",
        is_unpinned: "La conversation n’est plus épinglée.",
        show_more: "Afficher les plus anciennes",
    },
    shortcuts: Shortcuts {
        title: "Raccourcis clavier",
        send: "Envoyer le message",
        new_line: "Aller à la ligne",
        stop: "Arrêter la réponse",
        edit_last: "Modifier la dernière question (message vide)",
        new_conversation: "Nouvelle conversation",
        search: "Chercher une conversation",
        copy_code: "Copier le dernier bloc de code",
        focus_composer: "Aller au message",
        show_shortcuts: "Afficher cette liste",
        enter: "Entrée",
        shift_enter: "Maj+Entrée",
        escape: "Échap",
        arrow_up: "Flèche haut",
        ctrl_shift_o: "Ctrl+Maj+O",
        ctrl_shift_semicolon: "Ctrl+Maj+;",
        shift_escape: "Maj+Échap",
        help_keys: "? ou Ctrl+/",
        use_shortcuts: "Utiliser ces raccourcis",
    },
    sessions: Sessions {
        title: "Où vous êtes connecté",
        loading: "Recherche en cours…",
        no_sessions: "Aucune de vos sessions n’est connue ici.",
        no_other_sessions: "Vous n’êtes connecté nulle part ailleurs.",
        browser_on_system: |browser, system| format!("{browser} sur {system}"),
        unknown_browser: "Navigateur inconnu",
        this_browser: "ce navigateur",
        signed_in_at: |time| format!("connecté le {time}"),
        last_used: |time| format!("utilisé en dernier le {time}"),
        in_use_now: "en cours d’utilisation",
        end: "Terminer",
        end_label: |browser, since| format!("Terminer\u{a0}: {browser}, {since}"),
        end_others: "Terminer toutes les autres",
        end_all: "Tout terminer et se déconnecter ici",
        one_ended: "La session est terminée.",
        others_ended: "Toutes les autres sessions sont terminées.",
    },
    session_end: SessionEnd {
        title: "Votre session va se terminer",
        ends_in: |seconds| format!("Elle se termine dans {}.", duration(seconds)),
        inactivity_warning: "Vous n’avez pas utilisé la page depuis un moment. Sans action de votre part, vous serez \
                             déconnecté ; votre texte est conservé pour vous.",
        lifetime_warning: "Elle a duré aussi longtemps qu’une session peut durer. Vous devrez ensuite vous \
                           reconnecter ; votre texte est conservé pour vous.",
        stay_signed_in: "Rester connecté",
        continue_until_end: "Continuer jusque-là",
        sign_out_now: "Se déconnecter maintenant",
        signed_out_for_inactivity: "Vous avez été déconnecté pour cause d’inactivité. Votre texte est conservé dans \
                                    cet onglet, chiffré : vous le retrouverez en vous reconnectant.",
        signed_out_after_lifetime: "Vous avez été déconnecté parce qu’une session ne dure qu’un temps. Votre texte est \
                                    conservé dans cet onglet, chiffré : vous le retrouverez en vous reconnectant.",
    },
    starters: [
        Starter {
            topic: "Événements d’attente",
            question: "Des sessions attendent sur « db file sequential read » et « log file sync ». Que signifient ces \
                       attentes, et quelles requêtes me montrent qui attend et pourquoi ?",
        },
        Starter {
            topic: "Plans d’exécution",
            question: "Une requête est devenue lente du jour au lendemain. Comment comparer l’ancien et le nouveau \
                       plan d’exécution, et garder le bon ?",
        },
        Starter {
            topic: "Rapports AWR",
            question: "Quelles sections d’un rapport AWR lire d’abord pour savoir pourquoi la base était lente entre \
                       9 h et 10 h ?",
        },
        Starter {
            topic: "Verrous",
            question: "Des utilisateurs disent que l’application est bloquée. Donne-moi une requête qui montre les \
                       sessions bloquantes et bloquées avec leur SQL, et ce qu’il faut vérifier avant d’en tuer une.",
        },
    ],
};

/// In minutes where they are whole.
/// From two minutes on in minutes, rounded up.
fn duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        60 | 120.. => (seconds.div_ceil(60), "minute"),
        _ => (seconds, "seconde"),
    };
    format!("{count}\u{a0}{unit}{}", if count == 1 { "" } else { "s" })
}

/// With its thousands apart.
fn number(number: usize) -> String {
    grouped(number, '\u{202f}')
}
