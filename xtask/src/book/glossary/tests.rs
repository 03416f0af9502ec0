//! Glossaries and pages, most with one fault.

use super::*;
use crate::book::expand::{Expander, Findings, Page};
use tempfile::TempDir;

const LEASE: &str = "[[entry]]\nterm = \"lease\"\nforms = [\"lease\", \
    \"leases\"]\ntext = \"A range of `u8`.\"\n";
const BLOCK: &str = "[[entry]]\nterm = \"basic block\"\n\
    forms = [\"basic block\"]\nmarked = [\"block\"]\ntext = \"In a row.\"\n\
    orc = \"`Nothing`\"\nllvm = \"`BasicBlock`\"\ntold = \"one.md#two\"\n";

/// The page that prints the glossary.
const TERMS: &str = "# Terms\n\n{{#glossary}}\n";

/// A workspace whose book has a glossary, and a page that can tell a term.
fn workspace(glossary: &str) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let pages = root.path().join(BOOK).join("src");
    fs::create_dir_all(&pages).unwrap();
    fs::write(root.path().join(FILE), glossary).unwrap();
    fs::write(pages.join("one.md"), "# Page < one\n").unwrap();
    root
}

/// A page's text, the glossary's, and the faults of both.
fn expand(glossary: &str, page: &str) -> (String, String, Vec<String>) {
    let root = workspace(glossary);
    let mut expander = Expander::new(root.path()).unwrap();
    let path = Path::new("book/src/chapter1/page.md");
    let page = expander.expand(Page { path, text: page });
    let path = Path::new("book/src/glossary.md");
    let terms = expander.expand(Page { path, text: TERMS });
    let Findings { faults, .. } = expander.finish();
    (page, terms, faults.iter().map(Fault::to_string).collect())
}

/// What a page has become that has no fault.
fn page(text: &str) -> String {
    // One more use of each, lest that be missing.
    let end = "\n\n{{term a}} {{term b}}\n";
    let used = "[[entry]]\nterm = \"a\"\nmarked = [\"a\"]\ntext = \"A.\"\n\
                [[entry]]\nterm = \"b\"\nmarked = [\"b\"]\ntext = \"B.\"\n";
    let all = format!("{LEASE}planned = true\n{BLOCK}planned = true\n{used}");
    let (page, _, faults) = expand(&all, &format!("{text}{end}"));
    let are_uses = faults.iter().all(|fault| fault.contains("is used now"));
    assert!(are_uses, "{faults:?}");
    page.split("\n\n<a class=\"term\" href=\"../glossary.html#term-a\"")
        .next()
        .unwrap()
        .to_owned()
}

/// The only fault of a glossary and a page.
fn fault(glossary: &str, page: &str) -> String {
    let (_, _, faults) = expand(glossary, page);
    let [fault] = &*faults else { panic!("not one fault: {faults:?}") };
    fault.clone()
}

/// The words of a page that have become links.
fn linked(text: &str) -> Vec<String> {
    let link = Regex::new(r#"(?s)<a class="term"[^>]*>(.*?)</a>"#).unwrap();
    let page = page(text);
    link.captures_iter(&page).map(|found| found[1].to_owned()).collect()
}

#[test]
fn the_first_use_on_a_page_is_a_link_with_a_note() {
    let expected = "One <a class=\"term\" \
                    href=\"../glossary.html#term-lease\" data-note=\"A range of \
                    u8.\">lease</a>, two leases.";
    assert_eq!(page("One lease, two leases."), expected);
    let note = "data-note=\"In a row. In ORC: Nothing. In LLVM: BasicBlock.\"";
    assert!(page("A basic block.").contains(note));
}

#[test]
fn only_prose_has_terms() {
    for text in [
        "## A lease",
        "`lease`",
        "[a lease](one.md)",
        "![a lease](a.svg)",
        "```text\nlease\n```",
        "{{exact lease}}",
        "| lease |\n|---|\n| lease |",
        "<figure>lease</figure>",
        "<!-- a lease -->",
    ] {
        assert_eq!(linked(text), [""; 0], "{text}");
    }
    assert_eq!(linked("- a *lease*\n- b"), ["lease"]);
}

#[test]
fn a_form_is_no_part_of_a_word() {
    for text in ["release", "leased", "lease-like", "re-lease", "lease_of"] {
        assert_eq!(linked(text), [""; 0], "{text}");
    }
    assert_eq!(linked("Leases."), ["Leases"]);
    assert_eq!(linked("the lease's end"), ["lease"]);
    assert_eq!(linked("LEASE"), [""; 0]);
}

#[test]
fn a_form_may_go_on_in_the_next_line_and_around_nothing() {
    assert_eq!(linked("a basic\nblock"), ["basic\nblock"]);
    assert_eq!(linked("> a basic\n> block"), ["basic\n> block"]);
    assert_eq!(linked("- a basic\n  block"), ["basic\n  block"]);
    assert_eq!(linked("a basic `x` block"), [""; 0]);
}

#[test]
fn a_word_of_every_day_is_a_term_where_it_is_marked() {
    assert_eq!(linked("a block"), [""; 0]);
    assert_eq!(linked("a block, a {{term block}}"), ["block"]);
    assert_eq!(linked("a basic block, a {{term block}}"), ["block"]);
}

#[test]
fn a_page_can_call_a_form_plain() {
    assert_eq!(linked("{{#plain lease}}\n\nA lease."), [""; 0]);
    let text = "{{#plain lease, basic block}}\n\nA lease, leases, a\nbasic \
                block.";
    assert_eq!(linked(text), ["leases"]);
    let text = "{{#plain leases}}\n\nA lease.";
    let expected = "book/src/chapter1/page.md:1: this page has no `leases` \
                    to be plain";
    assert_eq!(fault(LEASE, text), expected);
}

#[test]
fn the_glossary_is_sorted_and_leads_back() {
    let (_, terms, faults) =
        expand(&format!("{LEASE}{BLOCK}"), "A lease, a basic block.");
    assert_eq!(faults, [""; 0]);
    let expected = "# Terms\n\n<dl class=\"glossary\">\
        <dt id=\"term-basic-block\"><a href=\"#term-basic-block\">basic block</a></dt>\
        <dd><p>In a row.</p><p class=\"more\">In ORC: <code>Nothing</code>. \
        In LLVM: <code>BasicBlock</code>. Told in \
        <a href=\"one.html#two\">Page &lt; one</a>.</p></dd>\
        <dt id=\"term-lease\"><a href=\"#term-lease\">lease</a></dt>\
        <dd><p>A range of <code>u8</code>.</p></dd></dl>\n\n";
    assert_eq!(terms, expected);
}

#[test]
fn the_page_of_the_glossary_links_to_none_of_it() {
    let root = workspace(LEASE);
    let mut expander = Expander::new(root.path()).unwrap();
    let path = Path::new("book/src/glossary.md");
    let text = &format!("A lease.\n\n{TERMS}");
    let terms = expander.expand(Page { path, text });
    assert!(!terms.contains("class=\"term\""), "{terms}");
    let Findings { faults, .. } = expander.finish();
    assert_eq!(faults.len(), 1, "it is no use either: {faults:?}");
}

#[test]
fn a_form_of_two_entries_is_a_fault() {
    let second = LEASE.replace("\"lease\"\nforms", "\"let\"\nforms");
    let second = second.replace("leases", "let");
    let expected = "book/glossary.toml:6: `let`: `lease` belongs to `lease`";
    assert_eq!(fault(&format!("{LEASE}{second}"), "lease, let"), expected);
    let twice = LEASE.replace("\"leases\"", "\"Lease\"");
    assert!(fault(&twice, "lease").ends_with("`lease` belongs to `lease`"));
    let marked = BLOCK.replace("\"block\"", "\"lease\"");
    let both = fault(&format!("{LEASE}{marked}"), "lease, basic block");
    assert!(both.ends_with("`lease` belongs to `lease`"), "{both}");
}

#[test]
fn two_entries_in_one_place_are_a_fault() {
    let second = LEASE.replace("lease", "leash");
    let second = second.replace("term = \"leash\"", "term = \"Lease\"");
    let what = fault(&format!("{LEASE}{second}"), "A lease, a leash.");
    assert!(
        what.ends_with("`Lease`: `#term-lease` belongs to `lease`"),
        "{what}"
    );
}

#[test]
fn a_term_that_no_page_uses_is_a_fault_unless_it_is_planned() {
    let expected = "book/glossary.toml:2: `lease`: no page uses this term";
    assert_eq!(fault(LEASE, "Nothing."), expected);
    let planned = format!("{LEASE}planned = true\n");
    assert_eq!(expand(&planned, "Nothing.").2, [""; 0]);
    let expected = "book/glossary.toml:2: `lease`: it is used now, and no \
                    longer `planned`";
    assert_eq!(fault(&planned, "A lease."), expected);
}

#[test]
fn an_entry_without_text_is_a_fault() {
    let what = "book/glossary.toml:2: `lease`: an entry without text";
    assert_eq!(fault(&LEASE.replace("A range of `u8`.", " "), "lease"), what);
    let without = LEASE.split("text").next().unwrap();
    assert_eq!(fault(without, "A lease."), what);
}

#[test]
fn a_term_that_no_word_stands_for_is_a_fault() {
    let text = LEASE.replace("\"lease\", \"leases\"", "");
    let root = workspace(&format!("{text}planned = true\n"));
    let (_, faults) = Glossary::read(root.path()).unwrap();
    let [fault] = &*faults else { panic!("not one fault: {faults:?}") };
    assert!(fault.to_string().ends_with("a term that no word stands for"));
}

#[test]
fn a_counterpart_without_a_name_is_a_fault() {
    let text = BLOCK.replace("`BasicBlock`", "");
    let expected = "book/glossary.toml:2: `basic block`: LLVM's counterpart \
                    is not named";
    assert_eq!(fault(&text, "A basic block."), expected);
    let text = BLOCK.replace("`Nothing`", " ");
    assert!(fault(&text, "A basic block.").contains("ORC's counterpart"));
}

#[test]
fn a_term_that_is_told_nowhere_is_a_fault() {
    let text = BLOCK.replace("one.md", "two.md");
    let expected = "book/glossary.toml:2: `basic block`: it is told on no \
                    page `two.md`";
    assert_eq!(fault(&text, "A basic block."), expected);
}

#[test]
fn a_word_that_is_no_term_is_a_fault() {
    let expected = "book/src/chapter1/page.md:3: no term is called `loan`";
    assert_eq!(fault(LEASE, "A lease,\n\na {{term loan}}."), expected);
    let text = "{{#plain loan}}\n\nA lease.";
    assert!(fault(LEASE, text).ends_with("no term is called `loan`"));
}

#[test]
fn a_term_that_is_marked_twice_on_a_page_is_a_fault() {
    let text = "A {{term block}}, a {{term basic block}}.";
    let expected = "book/src/chapter1/page.md:1: `basic block` is marked a \
                    second time";
    assert_eq!(fault(BLOCK, text), expected);
}

#[test]
fn a_list_that_cannot_be_read_is_a_fault_in_its_line() {
    let root = workspace(&format!("{LEASE}colour = \"red\"\n"));
    let (_, faults) = Glossary::read(root.path()).unwrap();
    let expected = "book/glossary.toml:5: unknown field `colour`";
    assert!(faults[0].to_string().starts_with(expected), "{faults:?}");
}

#[test]
fn a_glossary_stands_on_its_page() {
    let what = fault(LEASE, "A lease.\n\n{{#glossary}}");
    assert!(what.ends_with("page.md:3: the glossary stands in `glossary.md`"));
    let root = workspace(&format!("{LEASE}planned = true\n"));
    let (glossary, _) = Glossary::read(root.path()).unwrap();
    let (counts, faults) = glossary.finish();
    assert_eq!(counts.to_string(), "of 1 terms, 1 are not yet used");
    assert!(faults[0].to_string().ends_with("in `glossary.md`"), "{faults:?}");
}
