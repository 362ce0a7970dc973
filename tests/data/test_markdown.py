from data.markdown import bullets, table, text


def test_text_stays_text() -> None:
    assert text("a|b <i>*c* `d` [e](f)\n\tg\\") == "a\\|b \\<i>\\*c\\* \\`d\\` \\[e](f)  g\\\\"
    assert text("toy_ages 积木 5") == "toy_ages 积木 5"


def test_tables_and_lists() -> None:
    assert table(("name", "n"), [("a", "1"), ("b", "2")]) == "| name | n |\n| --- | ---: |\n| a | 1 |\n| b | 2 |"
    assert bullets(["One.", "Two."]) == "- One.\n- Two."
