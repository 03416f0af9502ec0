//! What the book's page "What proves it" says of the tests is so.
//!
//! A path on that page leads somewhere. A row of a table begins with a number
//! and ends with code: that code is in the file that was named last, and has
//! the number in it. If it is a path with a `*`, so many files match, or more.

use std::fs;
use std::path::Path;

/// Where paths on the page start.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What is wrong with a page, and how many rows it has.
fn check(page: &str) -> Result<usize, String> {
    let (mut file, mut rows) = (String::new(), 0);
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", number, _, code, ""] = cells[..]
            && number.starts_with(|first: char| first.is_ascii_digit())
        {
            row(&file, number, code.trim_matches('`'))?;
            rows += 1;
            continue;
        }
        for path in line.split('`').skip(1).step_by(2) {
            let is_path = ["chapter", "xtask/", "book/"]
                .iter()
                .any(|start| path.starts_with(start));
            if is_path && !Path::new(ROOT).join(path).exists() {
                return Err(format!("there is no `{path}`"));
            }
            if is_path && path.ends_with(".rs") {
                path.clone_into(&mut file);
            }
        }
    }
    Ok(rows)
}

fn row(file: &str, number: &str, code: &str) -> Result<(), String> {
    if let Some((directory, extension)) = code.split_once('*') {
        let found = count(directory, extension);
        return match number.parse() {
            Ok(least) if found >= least => Ok(()),
            _ => Err(format!("`{code}`: {found} files, not {number}")),
        };
    }
    let text = fs::read_to_string(Path::new(ROOT).join(file));
    let text = text.map_err(|error| format!("`{file}`: {error}"))?;
    // A number must not go on in the file.
    let goes_on = |(at, _): (usize, &str)| {
        let next = text[at + code.len()..].chars().next();
        next.is_some_and(|next| next.is_ascii_digit() || next == '_')
    };
    if text.match_indices(code).all(goes_on) {
        return Err(format!("`{file}` has no `{code}`"));
    }
    let numbers = code.replace('_', "");
    let mut numbers = numbers.split(|c: char| !c.is_ascii_digit());
    let digits = number.replace("&nbsp;", "");
    match numbers.any(|found| found == digits) {
        true => Ok(()),
        false => Err(format!("`{code}` does not say {number}")),
    }
}

/// How many files of a directory have a name that ends like this.
fn count(directory: &str, extension: &str) -> usize {
    let directory = Path::new(ROOT).join(directory);
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    names.filter(|name| name.to_string_lossy().ends_with(extension)).count()
}

#[test]
fn the_page_tells_how_often_tests_do_what() {
    let page = Path::new(ROOT).join("book/src/proof.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = check(&page).unwrap_or_else(|why| panic!("proof.md: {why}"));
    assert!(rows > 20, "{rows} rows");
}

#[test]
fn a_number_that_has_changed_is_noticed() {
    let page =
        |row: &str| check(&format!("See `chapter1/tests/leaks.rs`.\n{row}\n"));
    let code = "`ROUNDS: usize = 100_000`";
    assert_eq!(page(&format!("| 100&nbsp;000 | rounds | {code} |")), Ok(1));
    assert_eq!(
        page(&format!("| 10&nbsp;000 | rounds | {code} |")).unwrap_err(),
        "`ROUNDS: usize = 100_000` does not say 10&nbsp;000"
    );
    assert_eq!(
        page("| 10 | rounds | `ROUNDS: usize = 10` |").unwrap_err(),
        "`chapter1/tests/leaks.rs` has no `ROUNDS: usize = 10`"
    );
    let files = page("| 3000 | programs | `chapter1/programs/*.ks` |");
    assert!(files.unwrap_err().ends_with("files, not 3000"));
    assert_eq!(
        check("In `chapter1/tests/nothing.rs`.").unwrap_err(),
        "there is no `chapter1/tests/nothing.rs`"
    );
}

/// The crate's own directories, and how many lines of each have `unsafe` as
/// a word outside of comments.
#[test]
fn unsafe_code_is_where_the_map_says() {
    let mut found = Vec::new();
    let mut todo = vec![Path::new(ROOT).join("chapter1/src")];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let text = match path.is_dir() {
                true => String::new(),
                false => fs::read_to_string(&path).unwrap_or_default(),
            };
            if path.is_dir() {
                todo.push(path);
                continue;
            }
            let is_unsafe = |line: &str| {
                let code = line.split("//").next().unwrap_or_default();
                ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
                    .iter()
                    .any(|word| code.contains(word))
            };
            let name = path.to_string_lossy();
            if text.lines().any(is_unsafe)
                && !name.contains("/executor/")
                && !name.contains("test")
            {
                found.push(name.rsplit("src/").next().unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, ["driver/expression.rs", "driver/function.rs"]);
}
