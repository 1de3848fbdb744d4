"""What the scores say: agreement, reliability, sources of variance, rankings, evaluators, duels.

Every function is pure: it takes ``scores`` (one row per evaluation, the columns of
``parsed_scores.csv``) and ``scales`` (evaluation template id to its ``ScoreRange``; a template
that is not there is on 0 to 10) and returns a DataFrame. Empty input, scores that are all
missing and a single evaluator give a frame with the same columns and as many rows as can be
said honestly, often none. ``n_expected`` counts the evaluations behind a row of a result,
``n_valid`` those of them that have a score.

============== =====================================================================
scale          evaluations on one scale, ratings (replicates averaged)
agreement      per essay: how far evaluators are apart, and where it comes from
krippendorff   interval alpha with a bootstrap interval
icc            the six intraclass correlations
reliability    both of them, overall and for every evaluation template
variance       shares of score variance by source; evaluations needed for a width
ranking        any key ranked, with intervals
ties           which of its means can be told apart: ranks, ties, groups
evaluators     severity, spread, extremes, failures, correlation of each evaluator
pairwise       strengths from pairs judged in both orders, and the position bias
============== =====================================================================
"""
