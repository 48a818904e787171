# Runs the tests: Rscript tests/run.R

results <- as.data.frame(testthat::test_dir("tests", reporter = "summary", stop_on_failure = FALSE))
failed <- results$failed > 0 | results$error
cat(sum(!failed & !results$skipped), " passed, ", sum(failed), " failed, ", sum(results$skipped), " skipped\n", sep = "")
quit(status = if (any(failed)) 1 else 0)
