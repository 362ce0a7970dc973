"""`toyguide bundle …`: build one, look into it, ask whether it is whole, sign it, and make it one file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from app.cli.console import OUT, Exit, print_json, tell
from app.plain import plain

if TYPE_CHECKING:
    from recommender.serving.bundle import Manifest

bundle_app = typer.Typer(name="bundle", help="Build, verify, sign and pack bundles.", no_args_is_help=True)

_SIGNATURES = {"good": "good", "unchecked": "not checked, for want of --key", "none": "none"}

Folder = Annotated[Path, typer.Argument(help="The bundle's directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
PublicKey = Annotated[
    Path | None, typer.Option("--key", help="The public key's file; the bundle must be signed by it.")
]


@bundle_app.command()
def inspect(folder: Folder, as_json: AsJson = False) -> None:
    """Show what a bundle says of itself."""
    from dataclasses import asdict

    from recommender.serving.bundle import read_manifest

    manifest = read_manifest(folder)
    if as_json:
        print_json(asdict(manifest))
        return
    facts = Table("", "", title=escape(str(folder)), show_header=False)
    facts.add_row("model", manifest.model)
    made = f"{manifest.created} by toyguide {manifest.toyguide}, format {manifest.format}"
    facts.add_row("created", escape(plain(made)))
    for name in ("dataset", "teacher", "student", "metrics"):
        facts.add_row(name, escape(plain(_words(getattr(manifest, name)))))
    facts.add_row("interests", escape(plain(", ".join(manifest.interests))) or "–")
    facts.add_row("currency", escape(plain(manifest.currency or "–")))
    OUT.print(facts)
    files = Table("file", "bytes", "SHA-256")
    files.columns[1].justify = "right"
    for name, entry in sorted(manifest.files.items()):
        files.add_row(escape(plain(name)), f"{entry.bytes:,}", entry.sha256[:16])
    files.add_row("in all", f"{sum(entry.bytes for entry in manifest.files.values()):,}", "")
    OUT.print(files)


@bundle_app.command()
def verify(folder: Folder, key: PublicKey = None, as_json: AsJson = False) -> None:
    """Check signature and digests, load, make one ranking. Leaves with code 4 if the bundle must not be used."""
    from data.errors import BundleError
    from recommender.serving.bundle import SIGNATURE
    from recommender.serving.load import load_bundle

    with _gate():
        try:
            engine = load_bundle(folder, verify_key=key)
        except BundleError as error:
            if as_json:
                print_json({"whole": False, "model": None, "signature": None, "problem": str(error)})
            raise
    signature = "good" if key else "unchecked" if (folder / SIGNATURE).exists() else "none"
    if as_json:
        print_json({"whole": True, "model": engine.model, "signature": signature, "problem": None})
    else:
        size = f"{len(engine.manifest.files)} files, {len(engine.toys):,} toys"
        OUT.print(f"[green]Whole.[/] {size}, model {engine.model[:16]}, signature: {_SIGNATURES[signature]}.")


@bundle_app.command()
def key(out: Annotated[Path, typer.Option("--out", help="The private key's new file; FILE.pub is beside it.")]) -> None:
    """Make a key pair: the private one signs bundles and is kept, the public one is for every kiosk."""
    from recommender.serving.keys import make_keys

    public = make_keys(out)
    _say(f"private key {out}: keep it. Public key {public}: give it to every kiosk, as verify_key.")


@bundle_app.command()
def sign(
    folder: Folder, key: Annotated[Path, typer.Option("--key", help="The private key's file, of 'bundle key'.")]
) -> None:
    """Sign a bundle: its manifest, and with it the digest of every file. Leaves with code 4 if it is not whole."""
    from recommender.serving.bundle import SIGNATURE, sign_bundle

    with _gate():
        manifest = sign_bundle(folder, key)
    _say(f"{folder / SIGNATURE}: model {manifest.model[:16]} is signed.")


@bundle_app.command("zip")
def zip_(folder: Folder, out: Annotated[Path, typer.Option("--out", help="The zip to write.")]) -> None:
    """Make one file of a bundle; the same bundle gives the same bytes. Leaves with code 4 if it is not whole."""
    from recommender.serving.archive import zip_bundle

    with _gate():
        manifest = zip_bundle(folder, out)
    _say(f"{out}: model {manifest.model[:16]} in {out.stat().st_size:,} bytes.")


@bundle_app.command()
def unzip(
    file: Annotated[Path, typer.Argument(help="The bundle's zip.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for the bundle; an old bundle there is replaced.")],
    key: PublicKey = None,
) -> None:
    """Unpack a bundle, verified before it takes its place. Leaves with code 4 if it must not be used."""
    from app.cli.folders import check_output
    from recommender.serving.archive import unpack_bundle

    check_output(out, "bundle", "bundle unzip")
    with _gate():
        manifest = unpack_bundle(file, out, key)
    _say(f"{out}: model {manifest.model[:16]}, {len(manifest.files)} files.")


@bundle_app.command()
def publish(
    folder: Folder,
    to: Annotated[Path, typer.Option("--to", help="The folder that kiosks look into; it must be there.")],
    key: PublicKey = None,
) -> None:
    """Let kiosks take this bundle; going back is publishing an older one. Leaves with code 4 if it is not whole."""
    from recommender.serving.publish import publish as publish_bundle

    with _gate():
        place = publish_bundle(folder, to, verify_key=key)
    _say(f"{place}: kiosks that look into {to} take it by themselves.")


@contextmanager
def _gate() -> Iterator[None]:
    """A bundle that is refused: one sentence on stderr, and the code of a gate."""
    from data.errors import BundleError

    try:
        yield
    except BundleError as error:
        tell("Refused:", str(error))
        raise typer.Exit(Exit.GATE) from error


def _say(sentence: str) -> None:
    OUT.print(plain(sentence), markup=False, highlight=False)


def _words(facts: object) -> str:
    """Nested facts as "name value, …" on one line."""
    if not isinstance(facts, dict):
        return f"{facts:.4g}" if isinstance(facts, float) else str(facts)
    return ", ".join(
        f"{name} ({_words(value)})" if isinstance(value, dict) else f"{name} {_words(value)}"
        for name, value in facts.items()
    )


@bundle_app.command()
def build(
    data: Annotated[Path, typer.Option("--data", help="Folder of the dataset the student was distilled on.")],
    student: Annotated[Path, typer.Option("--student", help="Folder of the student's run.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the bundle to; an old bundle there is replaced.")],
    bits: Annotated[
        int | None,
        typer.Option(
            help="Bits of a number of the stored toy table, 8 or 4. By default what the student was made for."
        ),
    ] = None,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="Folder of a teacher's run, to be judged beside the student.")
    ] = None,
    blend: Annotated[list[Path] | None, typer.Option(help="Folder of a blend, to be judged beside it.")] = None,
    recommender: Annotated[
        list[str] | None,
        typer.Option(help="A baseline to be judged beside it; may be given again. By default the four quick ones."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Export, quantise, check and write a bundle. Leaves with code 4 if a gate holds it back."""
    from dataclasses import asdict

    from app.cli.console import progress_bar
    from app.cli.contestants import Asked, contestants, rival_of
    from app.cli.folders import check_output
    from data.dataset import load_fit_dataset
    from data.errors import BundleError
    from data.protocol import split_dataset
    from distillation.distill import load_student
    from distillation.package import build_bundle
    from recommender.learning.teacher import recorded_plan

    check_output(out, "bundle", "bundle build")
    dataset = load_fit_dataset(data)
    source, record = load_student(student, dataset)
    plan = recorded_plan(student, record)
    split = split_dataset(dataset, plan)
    asked = Asked(recommender, teacher or [], blend or [], [], [])
    rivals = [rival_of(*each) for each in contestants(dataset, split, plan, "test", asked)]
    with progress_bar() as progress:
        task = progress.add_task("Building the bundle", total=None, note="")
        try:
            manifest = build_bundle(
                dataset, split, source, record, out, lambda step: progress.update(task, note=step), bits, rivals
            )
        except BundleError as error:
            tell("Held back:", str(error))
            raise typer.Exit(Exit.GATE) from error
    if as_json:
        print_json(asdict(manifest))
        return
    figures = manifest.metrics["leave-one-out"]["test"]
    OUT.print(
        f"bundle {manifest.model[:12]} in {out}: test Recall@10 {figures['recall@10']:.4f}, "
        f"NDCG@10 {figures['ndcg@10']:.4f}\n{size_words(manifest)}",
        markup=False,
        soft_wrap=True,
    )


def size_words(manifest: Manifest) -> str:
    """What a student weighs, and what a bundle holds beside it; MB of 10⁶ bytes."""
    from distillation.package import part_bytes, student_bytes

    size = {part: f"{count / 1e6:.3f}" for part, count in part_bytes(manifest).items()}
    return (
        f"student {student_bytes(manifest) / 1e6:.3f} MB in all: graph {size['graph']}, "
        f"table in int{manifest.table_bits} {size['table']}\n"
        f"apart: toy encoder {size['toy encoder']}, catalogue with the id map {size['catalogue']}, "
        f"toys bought together {size['together']}, "
        f"graph and table in one file for a phone {size['mobile']}"
    )
