"""What is wrong with a dataset, row by row: checks of both tables, a report, the tables without their errors."""
