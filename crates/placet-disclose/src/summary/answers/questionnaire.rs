//! The questionnaire: every question of the form, nothing answered.

use std::fmt::Write as _;

use crate::summary::template::{self, FIELDS, Filled, Kind};

/// The questionnaire: every question of the form with its explanation, nothing answered.
pub fn questionnaire() -> String {
    let mut out = String::from(PREAMBLE);
    let mut table = "";
    let mut section = "";
    for field in FIELDS.iter().filter(|field| field.filled != Filled::Kept && field.key != "mod.text.band") {
        let (in_table, name) = field.key.rsplit_once('.').unwrap_or(("", field.key));
        if field.section != section {
            section = field.section;
            let title =
                template::sections().find(|(number, _)| *number == section).map_or("", |(_, title)| title);
            let _ = writeln!(out, "\n# --- {section} {title}");
        }
        if in_table != table {
            table = in_table;
            let _ = writeln!(out, "\n[{table}]");
        }
        let _ = writeln!(out, "\n# {}", field.label);
        if !field.help.is_empty() {
            let _ = writeln!(out, "# {}", field.help);
        }
        if field.optional && !field.label.contains("optional") {
            out.push_str("# Optional.\n");
        }
        if !field.gates.is_empty() {
            let _ = writeln!(out, "# Only where {} is yes.", field.gates.join(" or "));
        }
        let empty = match field.kind {
            Kind::Modalities | Kind::List => "[]",
            Kind::Period => "\"\"  # { from = \"2025-01\", to = \"2025-06\" }",
            _ => "\"\"",
        };
        let _ = writeln!(out, "{name} = {empty}");
    }
    out
}

const PREAMBLE: &str = "\
# Answers for the public summary of training content, Article 53(1)(d) of Regulation (EU) 2024/1689,
# template C(2025) 8311 of 5 December 2025 (first published as C(2025) 5235 of 24 July 2025).
#
# What the runs show is filled in by `placet summary draft`. What stands here is the word of the person named below and is
# printed as such. Leave empty what is not answered: the summary then says so. Where something is not known, write
# \"unknown: \" and the reason.

[attested]
# Name and role of the person who gives these answers.
by = \"\"
# The day, YYYY-MM-DD.
on = \"\"

[training]
# \"cleared\": the model was trained on what the scans kept; \"whole\": on everything that was scanned.
data = \"cleared\"
# \"yes\" where the provider is a small or medium-sized enterprise: the list of domains is then the top 5 % or 1,000,
# whichever is fewer, instead of the top 10 %.
small_provider = \"no\"

# One [[source]] for each body of data, so that sizes, periods and domains are counted where they belong. Kinds:
# public-dataset, licensed, private, crawled, user, synthetic, other. `paths` are beginnings of file names below the corpus
# of the run; without paths a source takes everything of its run. `bytes` is for a dataset that no run holds.
#
# [[source]]
# name = \"Example dataset\"
# kind = \"public-dataset\"
# run = \"run\"
# paths = [\"example/\"]
# link = \"https://example.org/dataset\"
# version = \"1.0\"
# selection = \"how the part that was used was selected\"
";
