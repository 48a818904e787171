# Runs the tests: Rscript tests/run.R
#
# With the package xml2 it writes a report for build servers, too: tests/report.xml.

report <- if (requireNamespace("xml2", quietly = TRUE)) list(testthat::JunitReporter$new(file = file.path(getwd(), "tests", "report.xml")))
reporter <- testthat::MultiReporter$new(reporters = c(list(testthat::SummaryReporter$new()), report))
results <- as.data.frame(testthat::test_dir("tests", reporter = reporter, stop_on_failure = FALSE))
failed <- results$failed > 0 | results$error
cat(sum(!failed & !results$skipped), " passed, ", sum(failed), " failed, ", sum(results$skipped), " skipped\n", sep = "")
quit(status = if (any(failed)) 1 else 0)
