//! What a reader unfolds: predictions, exercises and their answers.

use super::html::escape;

/// What of a page is open, innermost last.
#[derive(Default)]
pub(crate) struct Open(Vec<Kind>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exercise { has_answer: bool },
    Answer,
}

/// A question, and what answers it, to be unfolded.
pub(crate) fn predict(question: &str, answer: &str) -> String {
    let question = with_code(&escape(question));
    let answer = answer.trim_end();
    format!(
        "<details class=\"predict\"><summary>{question}</summary>{answer}\
         </details>\n"
    )
}

/// HTML with what stands between backticks as code.
pub(crate) fn with_code(html: &str) -> String {
    let mut result = String::new();
    for (index, part) in html.split('`').enumerate() {
        match index % 2 {
            0 => result += part,
            _ => result += &format!("<code>{part}</code>"),
        }
    }
    result
}

impl Open {
    /// Begins an exercise; `title` says how long it takes.
    pub(crate) fn exercise(&mut self, title: &str) -> Result<String, String> {
        if !self.0.is_empty() {
            return Err("an exercise in an exercise".into());
        }
        if title.is_empty() {
            return Err("an exercise without a title".into());
        }
        self.0.push(Kind::Exercise { has_answer: false });
        let title = escape(title);
        Ok(format!(
            "<section class=\"exercise\">\n<p class=\"title\">Exercise: \
             {title}</p>\n"
        ))
    }

    /// Begins the answer of an exercise.
    pub(crate) fn answer(&mut self) -> Result<String, String> {
        match self.0.last_mut() {
            Some(Kind::Exercise { has_answer }) => *has_answer = true,
            _ => return Err("an answer without an exercise".into()),
        }
        self.0.push(Kind::Answer);
        Ok("<details>\n<summary>An answer</summary>\n".into())
    }

    /// Ends what began last.
    pub(crate) fn end(&mut self) -> Result<String, String> {
        match self.0.pop() {
            Some(Kind::Answer) => Ok("</details>\n".into()),
            Some(Kind::Exercise { has_answer: true }) => {
                Ok("</section>\n".into())
            }
            Some(_) => Err("an exercise without an answer".into()),
            None => Err("nothing is open that could end".into()),
        }
    }

    /// Whether nothing is open.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exercise_has_an_answer_and_an_end() {
        let mut open = Open::default();
        assert!(open.answer().is_err());
        assert!(open.end().is_err());
        assert!(open.exercise("").is_err());
        open.exercise("half an hour: sum").unwrap();
        assert!(open.exercise("b").is_err());
        open.answer().unwrap();
        assert!(!open.is_closed());
        assert_eq!(open.end().unwrap(), "</details>\n");
        assert_eq!(open.end().unwrap(), "</section>\n");
        assert!(open.is_closed());
        open.exercise("c").unwrap();
        assert!(open.end().unwrap_err().contains("without an answer"));
    }

    #[test]
    fn the_answer_of_a_question_is_folded() {
        let html = predict("Does `a` < b?", "<figure></figure>\n");
        let expected = "<details class=\"predict\"><summary>Does \
                        <code>a</code> &lt; b?</summary><figure></figure></details>\n";
        assert_eq!(html, expected);
    }
}
