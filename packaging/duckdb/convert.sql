-- Result files into an archive of Parquet, a folder for each day: 2 or 3 bytes a ping instead of 44. After samples.sql:
--   SET VARIABLE files = 'mesh/2026-11-27/*_*.csv*';
-- Run it once for each day that is complete; files of the same day are replaced. Rows are in order of their links, so
-- that a question about one link reads little of a day.
COPY (
  SELECT * EXCLUDE (file), started::DATE AS day
  FROM tcpstep_samples(getvariable('files'))
  ORDER BY day, link, started, round
) TO 'archive' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (day), OVERWRITE_OR_IGNORE);
