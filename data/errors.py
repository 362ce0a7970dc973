"""The one error class for a user's mistake; faces turn it into one sentence and an exit code or a 4xx."""


class ToyGuideError(Exception):
    """A mistake the user can mend: the message says what, where, what it must be and what was given."""


class DataError(ToyGuideError):
    """A file or a table cannot be read as what it should be; the message names file, line and field."""


class UnfitError(DataError):
    """A dataset holds rows that must not be learned from; the message names the first of them."""


class BundleError(ToyGuideError):
    """A bundle is missing a part, damaged, too new, or not what its manifest says."""


def parameter_error(parameter: str, owner: str, must_be: str, got: object) -> ToyGuideError:
    """An error in the house's one form, for example for `k` of `recommend`."""
    return ToyGuideError(f"The '{parameter}' parameter of {owner} must be {must_be}. Got {got!r} instead.")
