"""Which unit should lead: learn · suggest · evaluate. Proposes with its reasons, never acts."""
