"""The server as VS Code, Neovim and Emacs know it: with what each of them says it can do.

JITCHECK names the program, otherwise the debug build is taken.
"""
import os
import pathlib
import sys

import pytest
import pytest_lsp
from lsprotocol import types as t
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

import validate

HERE = pathlib.Path(__file__).parent
PROGRAM = os.environ.get("JITCHECK", str(HERE.parent.parent / "target/debug/jitcheck"))
SAMPLE = (HERE.parent / "sample/kernels.py").read_text()
CLIENTS = ["visual-studio-code", "neovim", "emacs"]
LOG = pathlib.Path(os.environ.get("PROTOCOL_LOG", HERE / ".log.jsonl"))


@pytest_lsp.fixture(
    params=CLIENTS,
    config=ClientServerConfig(server_command=[sys.executable, str(HERE / "record.py"), str(LOG), PROGRAM, "server"]),
)
async def client(request, lsp_client: LanguageClient, tmp_path):
    capabilities = client_capabilities(request.param)
    # The client library has no handlers of its own for these.
    for method in (t.WORKSPACE_CODE_LENS_REFRESH, t.WORKSPACE_INLAY_HINT_REFRESH, t.CLIENT_REGISTER_CAPABILITY):
        lsp_client.feature(method)(lambda *_: None)
    lsp_client.sent = capabilities
    lsp_client.file = tmp_path / "kernels.py"
    lsp_client.file.write_text(SAMPLE)
    lsp_client.answered = await lsp_client.initialize_session(
        t.InitializeParams(
            capabilities=capabilities,
            workspace_folders=[t.WorkspaceFolder(tmp_path.as_uri(), "workspace")],
            root_uri=tmp_path.as_uri(),
        )
    )
    yield
    await lsp_client.shutdown_session()
    found = list(validate.problems(LOG))
    assert not found, "\n".join(found)
    LOG.unlink()


def opened(client, text=SAMPLE):
    uri = client.file.as_uri()
    item = t.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
    client.text_document_did_open(t.DidOpenTextDocumentParams(item))
    return uri, t.TextDocumentIdentifier(uri)


def changed(client, uri, version, text):
    document = t.VersionedTextDocumentIdentifier(version=version, uri=uri)
    client.text_document_did_change(
        t.DidChangeTextDocumentParams(document, [t.TextDocumentContentChangeWholeDocument(text)])
    )


def place(text, after=0):
    """Where a text stands in the sample, on a line that counts the same in every encoding."""
    before = SAMPLE[: SAMPLE.index(text) + after]
    line = before.rsplit("\n", 1)[-1]
    return t.Position(before.count("\n"), len(line))


EVERYTHING = t.Range(t.Position(0, 0), t.Position(SAMPLE.count("\n") + 1, 0))


async def findings(client, uri, document):
    if client.answered.capabilities.diagnostic_provider:
        report = await client.text_document_diagnostic_async(t.DocumentDiagnosticParams(document))
        return report.items
    await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    return client.diagnostics[uri]


@pytest.mark.asyncio
async def test_findings_follow_the_text(client: LanguageClient):
    uri, document = opened(client)
    found = await findings(client, uri, document)
    assert [it.code for it in found] == ["list-as-shape"]
    # Columns are counted as was agreed: the line has a letter of two bytes before the finding.
    utf8 = client.answered.capabilities.position_encoding == t.PositionEncodingKind.Utf8
    assert found[0].range.start == t.Position(14, 18 if utf8 else 17)
    changed(client, uri, 2, SAMPLE.replace("[n, 2]", "(n, 2)"))
    assert not await findings(client, uri, document)


@pytest.mark.asyncio
async def test_types_are_shown(client: LanguageClient):
    _, document = opened(client)
    hover = await client.text_document_hover_async(t.HoverParams(document, place("return acc", 8)))
    assert "float64" in hover.contents.value
    assert hover.contents.kind in client.sent.text_document.hover.content_format
    hints = await client.text_document_inlay_hint_async(t.InlayHintParams(document, EVERYTHING))
    assert any("float64" in hint.label for hint in hints)
    call = t.SignatureHelpParams(document, place("np.arange(4.0)),", 10))
    help_ = await client.text_document_signature_help_async(call)
    assert help_.signatures[0].label.startswith("np.arange(start")


@pytest.mark.asyncio
async def test_names_are_found(client: LanguageClient):
    uri, document = opened(client)
    at = place("return acc", 8)
    found = await client.text_document_definition_async(t.DefinitionParams(document, at))
    assert found.range.start.line == place("acc = ").line
    uses = t.ReferenceParams(t.ReferenceContext(include_declaration=True), document, at)
    lines = [it.range.start.line for it in await client.text_document_references_async(uses)]
    assert lines == [place("acc = ").line, place("acc += ").line, place("return acc").line]
    symbols = await client.text_document_document_symbol_async(t.DocumentSymbolParams(document))
    assert "total" in [symbol.name for symbol in symbols]
    everywhere = await client.workspace_symbol_async(t.WorkspaceSymbolParams(query="ttl"))
    assert [symbol.name for symbol in everywhere] == ["total"]


@pytest.mark.asyncio
async def test_the_shape_of_a_file(client: LanguageClient):
    _, document = opened(client)
    folds = await client.text_document_folding_range_async(t.FoldingRangeParams(document))
    assert place("def total").line in [fold.start_line for fold in folds]
    full = await client.text_document_semantic_tokens_full_async(t.SemanticTokensParams(document))
    part = await client.text_document_semantic_tokens_range_async(t.SemanticTokensRangeParams(document, EVERYTHING))
    assert full.data == part.data and len(full.data) % 5 == 0 and full.data


@pytest.mark.asyncio
async def test_a_finding_is_repaired(client: LanguageClient):
    uri, document = opened(client)
    at = place("[n, 2]", 1)
    context = t.CodeActionContext(diagnostics=[])
    actions = await client.text_document_code_action_async(t.CodeActionParams(document, t.Range(at, at), context))
    fix = next(action for action in actions if action.is_preferred)
    assert [edit.new_text for edit in fix.edit.changes[uri]] == ["(n, 2)"]
    assert {action.kind for action in actions} >= {"quickfix", "source.fixAll.jitcheck"}


@pytest.mark.asyncio
async def test_a_lens_runs_its_kernel(client: LanguageClient):
    _, document = opened(client)
    lenses = await client.text_document_code_lens_async(t.CodeLensParams(document))
    run = next(lens.command for lens in lenses if lens.command.title == "▶ Run")
    answer = await client.workspace_execute_command_async(t.ExecuteCommandParams(run.command, run.arguments))
    function = answer["function"] if isinstance(answer, dict) else answer.function
    assert function == "total"
    assert any("total → 6.0" in message.message for message in client.messages)
    again = await client.text_document_code_lens_async(t.CodeLensParams(document))
    assert any(lens.command.title.startswith("▶ Run → 6.0") for lens in again)


@pytest.mark.asyncio
async def test_a_notebook_is_one_module(client: LanguageClient):
    notebook = client.file.with_suffix(".ipynb").as_uri()
    texts = ["import numpy as np\nfrom numba import njit\n", "@njit\ndef f(n):\n    return np.zeros([n, 2])\n"]
    cells = [f"vscode-notebook-cell:{notebook[7:]}#{number}" for number in range(len(texts))]
    client.notebook_document_did_open(
        t.DidOpenNotebookDocumentParams(
            notebook_document=t.NotebookDocument(
                uri=notebook,
                notebook_type="jupyter-notebook",
                version=1,
                cells=[t.NotebookCell(kind=t.NotebookCellKind.Code, document=cell) for cell in cells],
            ),
            cell_text_documents=[
                t.TextDocumentItem(uri=cell, language_id="python", version=1, text=text)
                for cell, text in zip(cells, texts)
            ],
        )
    )
    document = t.TextDocumentIdentifier(cells[1])
    if client.answered.capabilities.diagnostic_provider:
        found = (await client.text_document_diagnostic_async(t.DocumentDiagnosticParams(document))).items
    else:
        while cells[1] not in client.diagnostics or cells[0] not in client.diagnostics:
            await client.wait_for_notification(t.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        found = client.diagnostics[cells[1]]
        assert not client.diagnostics[cells[0]]
    assert [(it.code, it.range.start.line) for it in found] == [("list-as-shape", 2)]
