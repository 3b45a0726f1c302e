# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 4.991 5.255
101 4.967 5.26
201 4.767 5.345
301 4.948 5.313
401 4.979 5.275
501 4.856 5.378
601 4.923 5.367
701 4.892 5.317
801 4.927 5.327
901 4.965 5.509
1001 5.177 5.351
1101 4.934 5.323
1201 4.885 5.167
1301 5.018 5.375
1401 4.865 5.361
1501 6.401 7.114
1601 6.382 7.113
1701 6.406 6.777
1801 6.4 6.863
1901 6.379 7.103
2001 6.5 7.053
2101 6.599 6.875
2201 6.428 6.952
2301 6.645 6.813
2401 6.511 6.819
2501 6.453 6.842
2601 6.543 7.248
2701 6.43 7.125
2801 6.476 7.098
2901 7.596 8.082
3001 7.598 7.883
3101 7.502 8.62
3201 7.468 8.254
3301 7.503 7.898
3401 7.52 7.991
3501 7.473 8.214
3601 7.567 8.102
3701 7.562 8.298
3801 7.453 8.639
3901 7.54 7.955
4001 7.538 8.221
4101 7.531 8.143
4201 7.754 8.381
4301 7.553 8.31
4401 8.801 9.186
4501 8.693 9.083
4601 8.569 8.985
4701 8.621 9.357
4801 8.446 9.121
4901 8.517 9.285
5001 8.614 9.086
5101 8.752 10.315
5201 8.61 9.177
5301 8.559 9.261
5401 8.625 9.162
5501 8.915 9.316
5601 8.735 9.262
5701 8.657 9.242
5801 9.739 10.356
5901 9.726 10.273
6001 9.525 10.288
6101 9.636 10.022
6201 9.604 10.261
6301 9.55 19.115
6401 9.599 10.272
6501 9.497 10.213
6601 9.629 10.498
6701 9.666 10.337
6801 9.597 10.362
6901 9.591 10.576
7001 9.611 10.178
7101 9.794 10.734
7201 9.606 10.248
7301 10.645 11.433
7401 10.851 12.182
7501 10.873 11.42
7601 10.708 11.411
7701 10.8 11.557
7801 10.825 11.518
7901 10.591 11.332
8001 10.761 11.566
8101 10.776 11.573
8201 10.654 11.456
8301 10.715 12.016
8401 10.84 11.554
8501 10.635 11.333
8601 10.715 11.283
8701 11.69 12.834
8801 11.89 12.829
8901 11.725 12.08
9001 11.859 12.548
9101 11.544 12.705
9201 11.951 12.724
9301 11.885 12.998
9401 11.771 12.679
9501 11.61 12.044
9601 11.927 13.251
9701 11.71 12.491
9801 11.9 12.712
9901 11.884 12.374
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
set label 'veth: a second packet costs +1.48 µs (+29.6 %), a fourth +3.66 µs (+73.3 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2026-11-22' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,4.939 to 1448,4.939 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '4.991 µs' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,6.468 to 2896,6.468 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1.48 µs' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+29.6 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,7.543 to 4344,7.543 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+2.55 µs' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+51.1 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,8.651 to 5792,8.651 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+3.66 µs' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+73.3 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,9.624 to 7240,9.624 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+4.63 µs' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+92.8 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,10.742 to 8688,10.742 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.75 µs' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+115.2 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,11.795 to 10000.01,11.795 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+6.80 µs' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+136.3 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [4.0496:22.702]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-veth.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-veth.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
