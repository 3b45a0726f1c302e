-- Result files of tcpstep as tables of DuckDB, headers included: .csv, .csv.gz and .csv.zst, also with globs.
-- .read /usr/share/tcpstep/duckdb/samples.sql, then: FROM tcpstep_samples('mesh/*/*_*.csv*');

-- Every line of the files. Nothing in them is quoted, and no line has a tab.
CREATE OR REPLACE MACRO tcpstep_lines(files) AS TABLE
  SELECT filename AS file, line
  FROM read_csv(files, columns = {'line': 'VARCHAR'}, delim = '\t', quote = '', escape = '', header = false,
                auto_detect = false, filename = true);

-- A row for each run: what its header says. `facts` has all of it.
CREATE OR REPLACE MACRO tcpstep_runs(files) AS TABLE
  WITH headers AS (
    SELECT file,
           map_from_entries(list(struct_pack(k := split_part(line[3:], ': ', 1),
                                             v := line[strpos(line, ': ') + 2:]))
                            FILTER (NOT starts_with(line, '# end: '))) AS facts,
           any_value(regexp_extract(line, 'status=(\S+)', 1)) FILTER (starts_with(line, '# end: ')) AS status
    FROM tcpstep_lines(files)
    WHERE starts_with(line, '# ')
    GROUP BY file)
  SELECT file,
         coalesce(facts['link'], 'unnamed') || CASE facts['direction'] WHEN 'up' THEN '.up' ELSE '' END ||
           CASE facts['connection'] WHEN 'fresh' THEN '.fresh' ELSE '' END AS link,
         facts['label'] AS label,
         facts['mesh_from'] AS mesh_from,
         facts['mesh_to'] AS mesh_to,
         facts['mss_bytes']::INTEGER AS mss_bytes,
         try_cast(replace(facts['started_utc'], 'Z', '') AS TIMESTAMP) AS started,
         coalesce(status, 'cut off') AS status,
         facts
  FROM headers
  QUALIFY row_number() OVER (PARTITION BY CASE facts['lab_time'] WHEN 'virtual' THEN file
                                                                ELSE coalesce(facts['run_id'], file) END, link
                             ORDER BY file) = 1;  -- a run counts once; virtual time repeats ids

-- A row for each ping. `counts` is the rule of `report`: the warm-up, lost pings and those of which something was sent
-- again are left out.
CREATE OR REPLACE MACRO tcpstep_samples(files) AS TABLE
  WITH names AS (
    SELECT file, string_split(line, ',') AS columns FROM tcpstep_lines(files) WHERE line[1] BETWEEN 'a' AND 'z'),
  cells AS (
    SELECT file, string_split(line, ',') AS cells FROM tcpstep_lines(files) WHERE line[1] BETWEEN '0' AND '9'),
  pings AS (
    SELECT cells.file,
           coalesce(try_cast(cells[list_position(columns, 'round')] AS INTEGER), 1) AS round,
           cells[list_position(columns, 'size_bytes')]::INTEGER AS size_bytes,
           try_cast(cells[list_position(columns, 'rtt_ns')] AS BIGINT) AS rtt_ns,
           try_cast(cells[list_position(columns, 'kernel_rtt_ns')] AS BIGINT) AS kernel_rtt_ns,
           try_cast(cells[list_position(columns, 'segments')] AS INTEGER) AS segments,
           try_cast(cells[list_position(columns, 'retransmits')] AS INTEGER) AS retransmits,
           try_cast(cells[list_position(columns, 'peer_retransmits')] AS INTEGER) AS peer_retransmits,
           try_cast(cells[list_position(columns, 'doubtful')] AS INTEGER) AS doubtful,
           coalesce(cells[list_position(columns, 'status')], 'ok') AS ping_status
    FROM cells JOIN names USING (file))
  SELECT link, label, mesh_from, mesh_to, mss_bytes, started, status, pings.*,
         (size_bytes + mss_bytes - 1) // mss_bytes AS class,
         round > 0 AND ping_status = 'ok' AND rtt_ns IS NOT NULL AND coalesce(retransmits, 0) = 0 AND
           CASE WHEN peer_retransmits IS NULL THEN coalesce(doubtful, 0) = 0 ELSE peer_retransmits = 0 END AS counts
  FROM pings JOIN tcpstep_runs(files) AS runs USING (file);
