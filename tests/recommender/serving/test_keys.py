import re
import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from data.errors import BundleError, ToyGuideError
from recommender.serving.bundle import MANIFEST, SIGNATURE, read_manifest, sign_bundle, verify_bundle, write_manifest
from recommender.serving.keys import make_keys, sign
from recommender.serving.load import load_bundle


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two pairs: shop, shop.pub, other, other.pub."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("shop", "other"):
        make_keys(folder / name)
    return folder


@pytest.fixture
def signed(bundle: Path, keys: Path, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    sign_bundle(folder, keys / "shop")
    return folder


def test_a_pair_is_two_pem_files_and_the_private_one_is_its_owners(tmp_path: Path) -> None:
    public = make_keys(tmp_path / "deep" / "shop.key")
    assert public == tmp_path / "deep" / "shop.key.pub"
    assert stat.S_IMODE((tmp_path / "deep" / "shop.key").stat().st_mode) == 0o600
    assert (tmp_path / "deep" / "shop.key").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert public.read_bytes().startswith(b"-----BEGIN PUBLIC KEY-----")
    assert {file.name for file in public.parent.iterdir()} == {"shop.key", "shop.key.pub"}


@pytest.mark.parametrize("there", ["shop", "shop.pub"])
@pytest.mark.parametrize("as_link", [False, True])
def test_no_key_is_overwritten(tmp_path: Path, there: str, as_link: bool) -> None:
    if as_link:
        (tmp_path / there).symlink_to(tmp_path / "nowhere")
    else:
        (tmp_path / there).write_text("kept", encoding="utf-8")
    with pytest.raises(ToyGuideError, match=rf"{there} must be a new file"):
        make_keys(tmp_path / "shop")
    assert [file.name for file in tmp_path.iterdir()] == [there]


def test_what_is_signed_is_the_manifest_byte_for_byte(signed: Path, keys: Path) -> None:
    key = load_pem_public_key((keys / "shop.pub").read_bytes())
    key.verify((signed / SIGNATURE).read_bytes(), (signed / MANIFEST).read_bytes())  # type: ignore[union-attr,call-arg]
    manifest = verify_bundle(signed, keys / "shop.pub")
    assert manifest == read_manifest(signed) == verify_bundle(signed)
    assert load_bundle(signed, verify_key=keys / "shop.pub").model == manifest.model


def test_without_a_key_a_bundle_may_be_unsigned_but_with_one_it_may_not(bundle: Path, keys: Path) -> None:
    assert load_bundle(bundle).recommend(k=1).items
    with pytest.raises(BundleError, match=r"must be signed by the key .*shop\.pub\. It has no manifest\.sig"):
        load_bundle(bundle, verify_key=keys / "shop.pub")


def test_another_key_and_a_changed_manifest_are_refused(signed: Path, keys: Path) -> None:
    with pytest.raises(
        BundleError, match=r"manifest\.sig is not the signature of manifest\.json by the key .*other\.pub"
    ):
        verify_bundle(signed, keys / "other.pub")
    text = (signed / MANIFEST).read_text(encoding="utf-8")
    (signed / MANIFEST).write_text(text + " ", encoding="utf-8")  # means the same, and is not what was signed
    assert verify_bundle(signed)
    with pytest.raises(BundleError, match=r"another key signed it, or manifest\.json was changed afterwards"):
        verify_bundle(signed, keys / "shop.pub")


def test_a_manifest_is_not_even_parsed_before_its_signature_is_checked(signed: Path, keys: Path) -> None:
    (signed / MANIFEST).write_bytes(b"{")
    with pytest.raises(BundleError, match="is not the signature"):
        read_manifest(signed, keys / "shop.pub")


def test_a_signed_bundle_with_a_changed_file_is_refused_by_its_digest(signed: Path, keys: Path) -> None:
    (signed / "MODEL_CARD.md").write_bytes((signed / "MODEL_CARD.md").read_bytes()[::-1])
    with pytest.raises(BundleError, match=r"MODEL_CARD\.md was changed"):
        verify_bundle(signed, keys / "shop.pub")


@pytest.mark.parametrize(("found", "has"), [(b"", "0"), (b"x" * 63, "63"), (b"x" * 65, "more"), (b"x" * 9999, "more")])
def test_a_malformed_signature_is_one_sentence(signed: Path, keys: Path, found: bytes, has: str) -> None:
    (signed / SIGNATURE).write_bytes(found)
    with pytest.raises(BundleError, match=rf"manifest\.sig must hold a signature of 64 bytes\. It has {has}\."):
        verify_bundle(signed, keys / "shop.pub")


def test_every_changed_bit_of_a_signature_counts(signed: Path, keys: Path) -> None:
    whole = (signed / SIGNATURE).read_bytes()
    for bit in range(0, 512, 37):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        (signed / SIGNATURE).write_bytes(changed)
        with pytest.raises(BundleError, match="is not the signature"):
            read_manifest(signed, keys / "shop.pub")


def test_a_signature_is_a_plain_file(signed: Path, tmp_path: Path) -> None:
    (signed / SIGNATURE).rename(tmp_path / "elsewhere")
    (signed / SIGNATURE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"manifest\.sig must be a plain file"):
        verify_bundle(signed)


def test_a_bundle_that_is_not_whole_is_not_signed(signed: Path, keys: Path) -> None:
    (signed / SIGNATURE).unlink()
    (signed / "table.npy").unlink()
    with pytest.raises(BundleError, match=r"table\.npy is missing"):
        sign_bundle(signed, keys / "shop")
    assert not (signed / SIGNATURE).exists()


def test_a_new_manifest_takes_the_old_signature_away(signed: Path) -> None:
    m = read_manifest(signed)
    facts = {name: getattr(m, name) for name in ("model", "opset", "dataset", "teacher", "student", "features")}
    again = write_manifest(signed, **facts, metrics=m.metrics, currency=m.currency)
    assert not (signed / SIGNATURE).exists()
    assert again.files == m.files


def broken_keys(keys: Path) -> dict[str, bytes]:
    elliptic = generate_private_key(SECP256R1())
    ours = load_pem_private_key((keys / "shop").read_bytes(), None)
    return {
        "empty": b"",
        "garbage": b"\xff\x00 no key",
        "cut": (keys / "shop").read_bytes()[:70],
        "too long": b"x" * 20_000,
        "private of another kind": elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "public of another kind": elliptic.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "encrypted": ours.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
    }


def test_a_file_that_is_no_key_is_one_sentence_that_shows_nothing_of_it(
    signed: Path, keys: Path, tmp_path: Path
) -> None:
    said: dict[tuple[str, str], str] = {}
    swapped = {"swapped private": (keys / "shop").read_bytes(), "swapped public": (keys / "shop.pub").read_bytes()}
    for name, text in (broken_keys(keys) | swapped).items():
        file = tmp_path / "key"
        file.write_bytes(text)
        if name != "swapped private":
            with pytest.raises(ToyGuideError) as error:
                sign(b"", file)
            said[name, "sign"] = str(error.value)
        if name != "swapped public":
            with pytest.raises(ToyGuideError) as error:
                verify_bundle(signed, file)
            said[name, "verify"] = str(error.value)
    for (name, verb), sentence in said.items():
        assert str(tmp_path / "key") in sentence
        if name != "too long":
            assert f"must hold a {'private' if verb == 'sign' else 'public'} Ed25519 key" in sentence
    assert said["encrypted", "sign"].endswith("It is encrypted with a password.")
    assert said["swapped public", "sign"].endswith("It holds a public key.")
    assert said["swapped private", "verify"].endswith("It holds a private key.")
    assert said["private of another kind", "sign"].endswith("It holds another private key.")
    assert said["public of another kind", "verify"].endswith("It holds another public key.")
    assert said["garbage", "verify"].endswith("It holds no such thing.")
    assert said["too long", "verify"].endswith("must have at most 16384 bytes. It has more.")


def test_a_key_that_cannot_be_read_is_said_so(signed: Path, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ToyGuideError, match=re.escape(f"The key {path} cannot be read")):
            load_bundle(signed, verify_key=path)
