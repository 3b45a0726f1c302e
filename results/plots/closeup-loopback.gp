# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 4.944 6.127
101 5.457 6.493
201 5.462 6.043
301 5.073 13.68
401 5.372 6.145
501 5.482 6.449
601 5.439 13.515
701 5.475 6.697
801 6.069 16.195
901 5.267 6.066
1001 5.931 16.834
1101 5.672 13.85
1201 5.92 6.619
1301 6.104 13.405
1401 6.077 6.6
1501 5.479 6.391
1601 5.504 19.835
1701 5.408 6.13
1801 5.56 24.929
1901 5.496 6.47
2001 5.618 6.283
2101 6.056 6.469
2201 6.357 17.377
2301 5.502 6.624
2401 5.466 6.199
2501 5.151 6.984
2601 5.645 6.619
2701 4.975 6.233
2801 5.049 6.257
2901 5.562 6.432
3001 6.601 16.42
3101 5.096 6.577
3201 6.158 6.498
3301 5.664 6.419
3401 5.576 6.464
3501 5.583 14.243
3601 5.538 6.15
3701 5.102 6.196
3801 5.588 6.596
3901 6.379 16.76
4001 5.561 6.586
4101 5.391 6.415
4201 6.232 13.565
4301 5.023 6.487
4401 6.002 13.586
4501 5.475 13.835
4601 6.083 6.435
4701 6.229 16.504
4801 6.196 6.39
4901 5.659 6.514
5001 5.69 6.466
5101 5.528 6.318
5201 6.102 6.536
5301 5.169 13.727
5401 5.269 6.361
5501 5.15 6.503
5601 5.588 14.852
5701 5.68 6.35
5801 5.24 14.135
5901 5.566 6.487
6001 5.208 6.672
6101 5.738 16.243
6201 5.645 6.439
6301 5.833 13.718
6401 5.19 14.422
6501 6.302 6.735
6601 6.523 6.991
6701 5.201 13.769
6801 6.377 6.545
6901 5.491 16.699
7001 6.559 23.269
7101 6.844 17.493
7201 5.049 6.604
7301 5.557 16.843
7401 5.778 6.492
7501 5.268 6.493
7601 6.281 13.659
7701 5.636 6.871
7801 5.154 13.415
7901 6.267 6.757
8001 5.257 6.58
8101 6.154 6.381
8201 5.71 6.608
8301 5.535 6.644
8401 6.368 6.727
8501 5.748 6.779
8601 5.674 6.446
8701 6.371 14.278
8801 5.279 6.98
8901 6.412 17.022
9001 5.493 6.692
9101 6.395 6.498
9201 5.617 6.6
9301 6.292 14.415
9401 5.288 6.712
9501 6.616 17.101
9601 6.367 6.762
9701 6.387 13.884
9801 6.444 17.321
9901 6.431 7.14
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
set arrow from 0,5.724 to 10000.01,5.724 nohead front ls 2
set label '1 segment' at 5000.005, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '4.944 µs' at 5000.005, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 5000.005, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [3.94475:29.9252]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-loopback.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-loopback.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
