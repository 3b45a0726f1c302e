# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 226.487 234.691
101 221.455 232.038
201 224.018 233.518
301 224.427 233.116
401 225.904 231.664
501 227.74 232.759
601 222.916 240.379
701 226.167 234.315
801 228.014 232.602
901 226.333 232.718
1001 226.115 234.192
1101 227.971 233.154
1201 223.341 232.398
1301 224.257 228.677
1401 223.852 231.528
1501 230.29 240.079
1601 232.326 242.37
1701 235.627 253.196
1801 230.778 237.574
1901 230.367 244.87
2001 232.914 242.181
2101 228.562 243.406
2201 230.599 252.05
2301 229.531 250.218
2401 233.449 245.577
2501 230.822 249.394
2601 237.522 249.282
2701 238.08 248.512
2801 234.775 244.433
2901 237.655 249.405
3001 239.465 253.707
3101 234.257 247.746
3201 231.555 247.192
3301 234.987 251.136
3401 235.543 246.817
3501 233.847 247.497
3601 230.061 247.195
3701 245.681 251.744
3801 241.4 258.783
3901 242.374 248.919
4001 232.671 248.038
4101 235.472 251.509
4201 238.325 248.409
4301 236.285 242.908
4401 238.926 256.689
4501 244.354 257.071
4601 234.998 251.287
4701 244.531 256.819
4801 246.231 257.566
4901 243.787 254.214
5001 238.766 256.073
5101 234.869 259.195
5201 238.184 254.418
5301 234.934 256.11
5401 238.201 259.198
5501 235.951 251.63
5601 235.198 251.033
5701 245.351 256.369
5801 236.026 258.657
5901 236.219 252.325
6001 246.172 260.035
6101 235.477 251.525
6201 248.79 265.455
6301 243.28 258.195
6401 240.066 258.55
6501 242.429 262.114
6601 241.132 261.029
6701 241.264 256.984
6801 247.46 257.579
6901 250.186 261.047
7001 248.353 257.208
7101 247.653 255.048
7201 242.759 252.351
7301 241.058 263.08
7401 244.042 255.32
7501 248.225 264.295
7601 253.529 258.067
7701 245.205 260.057
7801 247.621 259.948
7901 250.548 261.042
8001 248.245 260.759
8101 247.483 271.68
8201 251.321 258.786
8301 237.613 262.07
8401 251.83 259.462
8501 244.351 261.904
8601 251.611 256.008
8701 249.092 270.566
8801 246.041 261.985
8901 249.441 272.686
9001 253.419 263.164
9101 247.953 264.9
9201 248.921 263.42
9301 248.96 266.299
9401 248.041 262.218
9501 239.959 260.552
9601 244.113 265.288
9701 254.157 266.473
9801 243.878 257.401
9901 246.96 269.992
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
set label 'adsl-far: a second packet costs +6.06 ms (+2.7 %), a fourth +13.10 ms (+5.8 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,225.266 to 1448,225.266 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '226.5 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,232.546 to 2896,232.546 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+6.06 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+2.7 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,236.639 to 4344,236.639 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+10.15 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+4.5 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,239.591 to 5792,239.591 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+13.10 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+5.8 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,243.151 to 7240,243.151 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+16.66 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+7.4 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,247.334 to 8688,247.334 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+20.85 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+9.2 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,247.764 to 10000.01,247.764 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+21.28 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+9.4 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [218.893:285.494]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-adsl-far.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-adsl-far.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
