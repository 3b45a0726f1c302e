-- After samples.sql and views.sql, with a view `samples`.

-- Which links became slower this month, against the month before?
SELECT link, now.reference_ns / before.reference_ns - 1 AS change, before.reference_ns, now.reference_ns
FROM tcpstep_penalties('samples', 'month') AS now
JOIN tcpstep_penalties('samples', 'month') AS before USING (link, mss_bytes)
WHERE before.since = now.since - INTERVAL 1 MONTH
  AND now.since = (SELECT max(date_trunc('month', started)) FROM samples)
ORDER BY change DESC
LIMIT 20;

-- The worst hour of the day of each link, by the median of the smallest size.
SELECT link, arg_max(hour, median_ns) AS worst_hour, max(median_ns) / min(median_ns) AS worst_to_best
FROM (SELECT link, hour(started) AS hour, median(rtt_ns) AS median_ns
      FROM samples
      WHERE counts AND size_bytes = (SELECT min(size_bytes) FROM samples)
      GROUP BY ALL)
GROUP BY link
ORDER BY worst_to_best DESC
LIMIT 20;

-- Which hosts of a mesh are slow, as senders?
SELECT mesh_from, median(fastest_ns) AS fastest_ns
FROM (SELECT mesh_from, mesh_to, min(rtt_ns) AS fastest_ns FROM samples WHERE counts GROUP BY ALL)
GROUP BY mesh_from
ORDER BY fastest_ns DESC;
