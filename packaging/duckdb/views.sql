-- Questions to an archive, or to result files: the table, or view, of samples is a parameter.
--   CREATE VIEW samples AS FROM read_parquet('archive/*/*.parquet', hive_partitioning = true);
-- `period` is all, year, month, day or hour (UTC): what one row is of.

CREATE OR REPLACE MACRO tcpstep_sizes(samples, period) AS TABLE
  SELECT link, mss_bytes, date_trunc(CASE period WHEN 'all' THEN 'millennium' ELSE period END, started) AS since,
         class, size_bytes, count(*) AS samples, min(rtt_ns) AS fastest_ns, quantile_cont(rtt_ns, 0.5) AS median_ns,
         quantile_cont(rtt_ns, 0.99) AS p99_ns
  FROM query_table(samples)
  WHERE counts
  GROUP BY ALL;

-- The RTT of the smallest size and the penalties, from the fastest ping of each size: those of `report`.
CREATE OR REPLACE MACRO tcpstep_penalties(samples, period) AS TABLE
  WITH sizes AS (
    SELECT *, min(size_bytes) OVER of_link AS reference_bytes,
           first(fastest_ns) OVER (of_link ORDER BY size_bytes ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
             AS reference_ns,
           max(class) OVER of_link > 1 AS has_penalties
    FROM tcpstep_sizes(samples, period)
    WINDOW of_link AS (PARTITION BY link, mss_bytes, since))
  SELECT link, mss_bytes, since, any_value(reference_bytes) AS reference_bytes, any_value(reference_ns) AS reference_ns,
         100 * (arg_max(fastest_ns, size_bytes) FILTER (class = 1 AND size_bytes > reference_bytes) /
                any_value(reference_ns) - 1) AS filling_percent,
         100 * (avg(fastest_ns) FILTER (class = 2) / any_value(reference_ns) - 1) AS second_percent,
         100 * (avg(fastest_ns) FILTER (class = 4) / any_value(reference_ns) - 1) AS fourth_percent
  FROM sizes
  WHERE has_penalties OR size_bytes = reference_bytes
  GROUP BY ALL;

-- One value for each class of packets: minimum, median and p99 over its pings.
CREATE OR REPLACE MACRO tcpstep_classes(samples, period) AS TABLE
  SELECT link, mss_bytes, date_trunc(CASE period WHEN 'all' THEN 'millennium' ELSE period END, started) AS since,
         class, count(*) AS samples, min(rtt_ns) AS fastest_ns, quantile_cont(rtt_ns, 0.5) AS median_ns,
         quantile_cont(rtt_ns, 0.99) AS p99_ns
  FROM query_table(samples)
  WHERE counts
  GROUP BY ALL;
