# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 5.263 8.036
101 4.95 4.994
201 4.848 4.917
301 4.88 4.914
401 4.876 4.916
501 4.83 4.894
601 4.892 4.925
701 4.881 4.93
801 4.921 4.94
901 4.937 4.988
1001 4.973 5.013
1101 5.001 5.048
1201 5.017 5.063
1301 5.074 5.122
1401 5.118 5.139
1501 5.065 5.152
1601 5.144 5.189
1701 5.076 5.208
1801 5.13 5.216
1901 5.15 5.274
2001 5.104 5.312
2101 5.125 5.287
2201 5.116 5.303
2301 5.009 5.369
2401 5.041 5.419
2501 5.382 5.522
2601 5.179 5.488
2701 5.121 5.485
2801 5.21 5.579
2901 5.238 5.637
3001 5.177 5.619
3101 5.136 5.604
3201 5.25 5.638
3301 5.397 5.713
3401 5.279 5.772
3501 5.205 5.657
3601 5.23 5.672
3701 5.414 5.798
3801 5.295 5.811
3901 5.409 5.85
4001 5.248 5.836
4101 5.456 5.896
4201 5.376 5.929
4301 5.295 5.964
4401 5.95 6.009
4501 5.982 6.034
4601 5.238 6.043
4701 6.036 6.059
4801 6.068 6.122
4901 6.085 6.124
5001 6.121 6.169
5101 6.16 6.197
5201 6.178 6.204
5301 6.202 6.251
5401 6.26 6.296
5501 6.235 6.327
5601 6.268 6.335
5701 6.324 6.363
5801 6.321 6.383
5901 6.393 6.448
6001 5.719 6.437
6101 6.38 6.473
6201 6.467 6.508
6301 6.493 6.53
6401 6.499 6.59
6501 5.37 6.612
6601 6.606 6.661
6701 6.665 6.696
6801 5.385 6.725
6901 6.726 6.751
7001 6.73 6.77
7101 6.759 6.801
7201 6.783 6.84
7301 6.825 6.874
7401 6.266 6.903
7501 6.867 6.918
7601 6.876 6.936
7701 6.888 6.999
7801 6.92 6.999
7901 6.948 7.032
8001 7.011 7.064
8101 7.062 7.083
8201 7.113 7.138
8301 7.068 7.123
8401 7.159 7.203
8501 7.146 7.232
8601 7.187 7.268
8701 7.164 7.277
8801 7.27 7.29
8901 7.311 7.365
9001 6.117 7.363
9101 7.284 7.394
9201 7.395 7.428
9301 6.081 7.419
9401 7.42 7.502
9501 7.467 7.515
9601 7.456 7.514
9701 7.489 7.568
9801 7.483 7.593
9901 7.576 7.661
EOD
set encoding utf8
set border 3 lw 1 lc rgb '#5a5a5a'
set tics nomirror out scale 0.6 textcolor rgb '#404040'
set grid y lc rgb '#e6e6e6' lw 1 dt 1
set tmargin at screen 0.855
set rmargin at screen 0.975
set xlabel 'payload (bytes)' textcolor rgb '#404040'
set style line 1 lc rgb '#0072B2' lw 2.2 pt 7
set style line 2 lc rgb '#D55E00' lw 1.6
set style line 3 lc rgb '#E69F00' lw 1.6
set style line 20 lc rgb '#b8b8b8' lw 1 dt (6,5)
set label 'loopback: every size is one segment (MSS 32768): no boundary was crossed' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 32768, cubic, 2026-11-22' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 0,5.969 to 10000.01,5.969 nohead front ls 2
set label '1 segment' at 5000.005, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '5.263 µs' at 5000.005, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 5000.005, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [4.6697:8.8375]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-loopback.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-loopback.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
