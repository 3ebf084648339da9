"""Jobs: work that outlasts a request. ``kinds`` names them, ``runner`` does them, ``book`` keeps
them; an export writes its file with ``sheets``.

Any gateway takes a job by a lease; one that dies in the middle leaves it to another, and what was
done already is not done twice: every act has a key made of the job and the thing.
"""
