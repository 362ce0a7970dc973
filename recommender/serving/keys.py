"""Keys and signatures: Ed25519. A private key is PEM (PKCS #8), a public one PEM too, a signature its 64 bytes.

These are the forms that OpenSSL reads as well, so a signature can be checked without toyguide.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from data.atomic import atomic_file
from data.errors import BundleError, ToyGuideError
from recommender.serving.bundle import SIGNATURE_BYTES

PUBLIC_SUFFIX: Final = ".pub"
_MAX_KEY_BYTES: Final = 16 * 2**10
_MALFORMED: Final = (ValueError, TypeError, UnsupportedAlgorithm)
"""What `cryptography` raises for a key that is broken, encrypted, or of a kind it does not know."""


def make_keys(private: Path) -> Path:
    """Write a new private key to `private`, for its owner's eyes only, and the public one beside it; gives the latter.

    Raises ToyGuideError if either file is there already: a key that was overwritten is lost with all it signed.
    """
    public = private.with_name(private.name + PUBLIC_SUFFIX)
    for file in (private, public):
        if os.path.lexists(file):
            raise ToyGuideError(f"{file} must be a new file, no key is ever overwritten. It exists.")
    key = Ed25519PrivateKey.generate()
    with atomic_file(public) as new_public, atomic_file(private) as new_private:
        new_private.chmod(0o600)  # before there is anything to read in it
        new_private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        new_public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def sign(message: bytes, private: Path) -> bytes:
    """The signature of `message`, 64 bytes. Raises as `read_private`."""
    return read_private(private).sign(message)


def read_private(private: Path) -> Ed25519PrivateKey:
    """The key in the file. Raises ToyGuideError if it holds no private Ed25519 key."""
    text = _read(private)
    try:
        key = load_pem_private_key(text, password=None)
    except _MALFORMED as error:
        raise _not_a_key(private, "a private", text) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _not_a_key(private, "a private", text)
    return key


def check_signature(message: Path, told: bytes, signature: Path, public: Path) -> None:
    """Raise BundleError unless the file `signature` holds the signature of `told` by the key in `public`.

    message: the file that `told` was read from, for the sentence. ToyGuideError if `public` is no public Ed25519 key.
    """
    text = _read(public)
    try:
        key = load_pem_public_key(text)
    except _MALFORMED as error:
        raise _not_a_key(public, "a public", text) from error
    if not isinstance(key, Ed25519PublicKey):
        raise _not_a_key(public, "a public", text)
    if not signature.is_file():
        raise BundleError(
            f"{message.parent} must be signed by the key {public}. It has no {signature.name}: sign it with "
            "'toyguide bundle sign'."
        )
    with signature.open("rb") as stream:
        found = stream.read(SIGNATURE_BYTES + 1)
    if len(found) != SIGNATURE_BYTES:
        has = f"{len(found)}" if len(found) < SIGNATURE_BYTES else "more"
        raise BundleError(f"{signature} must hold a signature of {SIGNATURE_BYTES} bytes. It has {has}.")
    try:
        key.verify(found, told)
    except InvalidSignature as error:
        raise BundleError(
            f"{signature} is not the signature of {message.name} by the key {public}: another key signed it, or "
            f"{message.name} was changed afterwards. Get the bundle again from whoever signs for you."
        ) from error


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            text = stream.read(_MAX_KEY_BYTES + 1)
    except OSError as error:
        raise ToyGuideError(f"The key {file} cannot be read: {error.strerror or error}.") from error
    if len(text) > _MAX_KEY_BYTES:
        raise ToyGuideError(f"The key {file} must have at most {_MAX_KEY_BYTES} bytes. It has more.")
    return text


def _not_a_key(file: Path, kind: str, text: bytes) -> ToyGuideError:
    """What was found instead is named by kind alone: a private key must not end up in a log."""
    if b"ENCRYPTED" in text:
        found = "It is encrypted with a password"
    elif b"PRIVATE KEY-----" in text:
        found = "It holds another private key" if kind == "a private" else "It holds a private key"
    elif b"PUBLIC KEY-----" in text:
        found = "It holds another public key" if kind == "a public" else "It holds a public key"
    else:
        found = "It holds no such thing"
    return ToyGuideError(f"{file} must hold {kind} Ed25519 key as PEM, as 'toyguide bundle key' makes them. {found}.")
