# SPDX-License-Identifier: GPL-2.0-only
"""What `with` closes at its end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self


class Closing(ABC):
    """Something that holds files or processes until `close`; `with` calls that, whatever happens inside."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything. A second call does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
