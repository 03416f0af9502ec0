//! HTML that the preprocessor writes into pages.

/// `text` as HTML, on one line: blank lines would end the HTML that stands
/// in Markdown, and indentation would matter in a list.
pub(crate) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\n' => html += "&#10;",
            // mdBook's own directives begin with two of these.
            '{' => html += "&#123;",
            other => html.push(other),
        }
    }
    html
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

/// What a page calls `class`, on one line, with a caption that is HTML.
pub(crate) fn figure(class: &str, caption: &str, content: &str) -> String {
    format!(
        "<figure class=\"{class}\"><figcaption>{caption}</figcaption>\
         {content}</figure>\n"
    )
}

/// A block of code for the highlighter. The `context` is shown above it, and
/// is not copied with it.
pub(crate) fn code(language: &str, context: &str, code: &str) -> String {
    let context = match context {
        "" => String::new(),
        lines => format!("<span class=\"context\">{}</span>", escape(lines)),
    };
    // Not `language-rust`: mdBook looks for hidden lines in those.
    let code = escape(code.trim_end());
    format!("<pre>{context}<code class=\"lang-{language}\">{code}</code></pre>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_is_one_line_and_holds_no_markup() {
        let escaped = "&lt;a&gt; &amp;&amp; &quot;b&quot;&#10;&#123;&#123;#c}}";
        assert_eq!(escape("<a> && \"b\"\n{{#c}}"), escaped);
    }

    #[test]
    fn context_stands_outside_of_the_code() {
        let html = code("rust", "fn f() {\n", "    1\n");
        let expected = "<pre><span class=\"context\">fn f() &#123;&#10;</span>\
                        <code class=\"lang-rust\">    1</code></pre>";
        assert_eq!(html, expected);
    }
}
