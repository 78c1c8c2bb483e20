//! The parts of a question: running text, and what stands in columns, such as a plan or a piece of a report that was typed
//! or pasted. Columns are shown in a fixed pitch.

/// So many lines in a row make columns; fewer are a coincidence.
const FEWEST_LINES: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub is_in_columns: bool,
    pub text: String,
}

/// Joined by line breaks, the blocks are the text.
pub fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut blocks: Vec<Block> = vec![];
    let mut at = 0;
    while at < lines.len() {
        let count = columns(&lines[at..]);
        let (is_in_columns, count) = if count >= FEWEST_LINES { (true, count) } else { (false, 1) };
        let text = lines[at..at + count].join("\n");
        match blocks.last_mut().filter(|last| !last.is_in_columns && !is_in_columns) {
            Some(last) => last.text = format!("{}\n{text}", last.text),
            None => blocks.push(Block { is_in_columns, text }),
        }
        at += count;
    }
    blocks
}

/// How many of these lines stand in columns from the first on. A blank line may be among them.
fn columns(lines: &[&str]) -> usize {
    let mut count = 0;
    for (at, line) in lines.iter().enumerate() {
        if is_in_columns(line) {
            count = at + 1;
        } else if !line.trim().is_empty() || at > count {
            break;
        }
    }
    count
}

/// Two gaps, tabs, borders, or a rule.
fn is_in_columns(line: &str) -> bool {
    let line = line.trim_end();
    let words = line.trim_start();
    let is_rule = words.len() >= 5 && words.chars().all(|c| matches!(c, '-' | '=' | '+' | '|' | '~' | ' '));
    let has_borders = words.len() > 2 && words.starts_with('|') && words.ends_with('|');
    let gaps = words.split("  ").filter(|word| !word.trim().is_empty()).count();
    is_rule || has_borders || gaps > 2 || words.contains('\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(bool, String)> {
        let found = blocks(text);
        let texts: Vec<_> = found.iter().map(|block| block.text.as_str()).collect();
        assert_eq!(texts.join("\n"), text, "nothing is lost");
        found.into_iter().map(|block| (block.is_in_columns, block.text)).collect()
    }

    #[test]
    fn a_report_in_a_question_is_told_from_the_question() {
        let report =
            "Event                 Waits   Time\n--------------------  -----   ----\nlog file sync         9,113   7";
        assert_eq!(
            of(&format!("Why?\n{report}\n\nThanks")),
            [(false, "Why?".to_owned()), (true, report.to_owned()), (false, "\nThanks".to_owned()),]
        );
        let plan = "| Id | Operation |\n|----|-----------|\n|  0 | SELECT    |";
        assert_eq!(of(plan), [(true, plan.to_owned())]);
    }

    #[test]
    fn prose_and_code_are_no_columns() {
        for text in
            ["", "One.  Two.  Three.", "a\n\n\nb", "select *\n  from t\n where a = 1", "- one\n- two\n- three\n\n"]
        {
            assert_eq!(of(text), [(false, text.to_owned())]);
        }
    }
}
