"""Pages of sign-in, the demo, and the three administrators."""

from tongxin.accounts.views.sign_in import locked_out

__all__ = ["locked_out"]
