//! HTML that the preprocessor writes into pages.

use pulldown_cmark::{
    BrokenLink, CowStr, Event, Options, Parser, Tag, TagEnd, html,
};

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

/// The HTML of a documentation comment, on one line. Its links lead into
/// `cargo doc`, and are none here; its headings are words.
pub(crate) fn documentation(lines: &[String]) -> String {
    let text = lines.join("\n");
    // `[name]` is a link as well, though no definition of it stands here.
    let mut any = |_: BrokenLink| Some((CowStr::from("#"), CowStr::from("")));
    let events = Parser::new_with_broken_link_callback(
        &text,
        Options::empty(),
        Some(&mut any),
    );
    let events = events.filter_map(|event| match event {
        Event::Start(Tag::Link { .. }) | Event::End(TagEnd::Link) => None,
        Event::Start(Tag::Heading { .. }) => {
            Some(Event::InlineHtml("<p><strong>".into()))
        }
        Event::End(TagEnd::Heading(_)) => {
            Some(Event::InlineHtml("</strong></p>".into()))
        }
        other => Some(other),
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    written.trim_end().replace('{', "&#123;").replace('\n', "&#10;")
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
    fn documentation_has_no_links_and_no_blank_lines() {
        let lines =
            ["Calls [`f`](super::f), or [g].", "", "# Errors", "If `x`."];
        let html = documentation(&lines.map(str::to_owned));
        let expected = "<p>Calls <code>f</code>, or g.</p>&#10;<p><strong>\
                        Errors</strong></p>&#10;<p>If <code>x</code>.</p>";
        assert_eq!(html, expected);
    }

    #[test]
    fn context_stands_outside_of_the_code() {
        let html = code("rust", "fn f() {\n", "    1\n");
        let expected = "<pre><span class=\"context\">fn f() &#123;&#10;</span>\
                        <code class=\"lang-rust\">    1</code></pre>";
        assert_eq!(html, expected);
    }
}
