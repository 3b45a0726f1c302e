# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 226.5 234.703
101 221.468 232.677
201 224.032 232.401
301 224.44 233.13
401 225.918 231.947
501 227.753 233.578
601 222.929 239.047
701 226.18 235.053
801 228.028 230.606
901 226.348 232.731
1001 223.956 230.703
1101 227.985 233.169
1201 223.356 232.411
1301 224.272 227.184
1401 223.867 231.34
1501 230.302 240.089
1601 232.337 241.681
1701 226.602 251.442
1801 230.788 238.344
1901 230.381 243.514
2001 232.927 242.198
2101 228.574 244.791
2201 230.613 252.034
2301 231.673 250.084
2401 233.459 244.72
2501 230.837 249.492
2601 235.942 248.057
2701 238.095 246.804
2801 234.789 244.445
2901 237.669 248.153
3001 234.215 253.723
3101 234.277 247.789
3201 231.568 246.67
3301 235.002 251.151
3401 235.557 251.125
3501 233.866 247.42
3601 229.457 247.654
3701 245.7 251.763
3801 241.416 258.06
3901 246.451 249.51
4001 232.688 248.056
4101 235.491 248.006
4201 238.344 250.615
4301 236.3 242.923
4401 238.947 255.038
4501 244.375 257.094
4601 235.021 251.397
4701 244.553 256.066
4801 246.254 256.264
4901 247.143 255.402
5001 239.939 256.094
5101 234.892 259.22
5201 238.206 254.2
5301 234.959 256.05
5401 238.223 257.914
5501 235.975 251.656
5601 235.223 249.602
5701 245.371 256.39
5801 236.056 262.29
5901 236.248 252.329
6001 246.198 260.062
6101 235.505 251.555
6201 248.818 262.631
6301 243.309 258.3
6401 240.094 255.598
6501 242.457 264.349
6601 241.89 261.825
6701 241.292 257.03
6801 247.489 258.467
6901 250.217 261.073
7001 248.381 256.596
7101 247.679 255.17
7201 242.785 253.781
7301 241.092 265.048
7401 244.076 256.605
7501 248.258 264.476
7601 253.562 258.102
7701 245.24 260.092
7801 246.084 255.958
7901 249.714 258.738
8001 248.12 259.559
8101 247.519 271.715
8201 255.806 259.832
8301 237.649 262.104
8401 255.389 259.751
8501 244.384 261.934
8601 251.652 256.24
8701 249.129 272.068
8801 246.081 262.021
8901 249.478 273.492
9001 253.459 263.838
9101 249.344 264.939
9201 248.96 263.46
9301 249.001 267.723
9401 248.079 262.257
9501 240.001 261.676
9601 243.829 265.325
9701 254.702 262.339
9801 243.919 258.305
9901 247 270.035
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
set label 'adsl-far: a second packet costs +5.45 ms (+2.4 %), a fourth +13.43 ms (+5.9 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,225.135 to 1448,225.135 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '226.5 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,231.951 to 2896,231.951 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.45 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+2.4 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,236.533 to 4344,236.533 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+10.03 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+4.4 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,239.934 to 5792,239.934 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+13.43 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+5.9 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,243.228 to 7240,243.228 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+16.73 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+7.4 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,247.753 to 8688,247.753 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+21.25 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+9.4 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,247.922 to 10000.01,247.922 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+21.42 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+9.5 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [218.867:286.499]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-adsl-far.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-adsl-far.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
