"""What each check says. Plain Python: values in, an outcome and a reason out."""
