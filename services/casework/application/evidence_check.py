"""Whether a file of evidence is still what was captured: read whole from where it is kept, and hashed anew.

Nobody is asked what became of it, and nobody's word is taken: the file is opened with the case's key, each piece proved
on the way, and the hash compared with the one that stood in the record from the moment of capture. Nothing of it leaves
the house, so no opening is recorded.
"""

from collections import deque
from uuid import UUID

from msgspec.structs import replace

from casework.application.handing_out import Kept
from casework.application.store import EvidenceBroken, EvidenceMissing
from casework.domain.codes import EvidenceResult
from casework.domain.evaluation import Request
from casework.domain.incident import EVIDENCE, Incident


def looked_at(files: Kept, case: Incident, request: Request) -> Request:
    """Return an admitted request with what became of the kept file that it names, where its decision asks for that.

    Raises what :func:`result_of` raises.
    """
    if not request.decision.looks_at_stored or not isinstance(request.number, int):
        return request
    digest = case.numbers_of(EVIDENCE)[request.number].about or ""
    return replace(request, stored=result_of(files, case.id, digest))


def result_of(files: Kept, incident: UUID, digest: str) -> EvidenceResult:
    """Return what became of a file.

    Raises:
        KeyErased: the case was erased, and its files with it.
        Unavailable: it cannot be told now.
    """
    try:
        deque(files.read(incident, digest), maxlen=0)
    except EvidenceMissing:
        return "missing"
    except EvidenceBroken:
        return "altered"
    return "intact"
