# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 5.196 5.648
101 4.966 5.186
201 4.735 5.121
301 4.81 5.062
401 4.872 5.101
501 4.796 5.057
601 4.86 5.074
701 4.848 5.087
801 4.865 5.137
901 4.941 5.204
1001 4.932 5.173
1101 4.97 5.165
1201 5.049 5.26
1301 5.036 5.267
1401 5.087 5.307
1501 6.768 7.079
1601 6.732 7.021
1701 6.703 6.819
1801 6.629 7.021
1901 6.678 6.91
2001 6.652 7.094
2101 6.695 6.877
2201 6.594 7
2301 6.747 7.034
2401 6.79 7.058
2501 6.715 7.297
2601 6.979 7.05
2701 6.622 7.322
2801 6.676 7.106
2901 8.073 8.679
3001 8.18 8.596
3101 7.746 8.224
3201 7.879 8.335
3301 8.089 8.552
3401 7.806 8.413
3501 7.626 8.332
3601 8.113 8.268
3701 7.647 8.329
3801 8.192 8.562
3901 7.81 8.725
4001 7.804 8.204
4101 8.07 8.513
4201 7.667 8.451
4301 8.434 8.749
4401 9.028 10.177
4501 8.844 9.801
4601 9.18 9.435
4701 9.212 10.006
4801 8.916 9.692
4901 9.239 10.181
5001 9.081 10.232
5101 8.749 9.92
5201 9.323 9.755
5301 8.872 9.916
5401 9.184 10.11
5501 9.242 10.056
5601 8.881 10.192
5701 9.224 10.359
5801 9.949 10.882
5901 9.781 10.677
6001 10.365 11.456
6101 9.82 11.311
6201 9.765 10.388
6301 10.848 12.005
6401 10.47 11.372
6501 9.814 10.419
6601 9.923 11.855
6701 9.912 11.205
6801 9.69 10.42
6901 9.803 11.181
7001 10.263 11.375
7101 9.704 10.852
7201 9.801 11.125
7301 10.83 12.869
7401 10.929 12.396
7501 10.922 12.296
7601 11.587 13.36
7701 11.447 12.444
7801 10.89 11.625
7901 11.589 13.606
8001 12.17 12.933
8101 10.806 11.584
8201 11.485 12.432
8301 12.483 13.22
8401 11.402 12.569
8501 10.863 12.934
8601 11.405 12.473
8701 12.788 14.482
8801 12.61 13.865
8901 11.863 12.997
9001 12.611 14.461
9101 12.541 14.456
9201 11.892 14.204
9301 12.613 13.241
9401 13.841 14.63
9501 12.41 14.264
9601 11.915 13.259
9701 12.54 13.767
9801 12.549 15.114
9901 13.987 14.673
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
set label 'veth: a second packet costs +1.52 µs (+29.2 %), a fourth +3.87 µs (+74.5 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 1993 samples, MSS 1448, cubic, 2026-11-22' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,4.93 to 1448,4.93 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '5.196 µs' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,6.712 to 2896,6.712 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1.52 µs' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+29.2 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,7.942 to 4344,7.942 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+2.75 µs' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+52.8 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,9.069 to 5792,9.069 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+3.87 µs' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+74.5 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,9.993 to 7240,9.993 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+4.80 µs' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+92.3 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,11.343 to 8688,11.343 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+6.15 µs' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+118.3 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,12.627 to 10000.01,12.627 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.43 µs' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+143.0 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [4.21605:17.7088]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-veth.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-veth.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
