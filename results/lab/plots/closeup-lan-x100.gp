# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 12.3371 12.3372
101 12.4978 12.4983
201 12.6584 12.6587
301 12.8191 12.8193
401 12.9796 12.9796
501 14.6393 14.6401
601 14.8007 14.8015
701 14.9617 14.9617
801 15.1212 15.1221
901 15.2824 15.2826
1001 15.4428 15.4432
1101 15.6027 15.6036
1201 15.763 15.764
1301 15.9234 15.9244
1401 16.084 16.0848
1501 16.5273 16.5274
1601 16.5277 16.5277
1701 16.5424 16.5425
1801 16.5415 16.5428
1901 16.5425 16.5432
2001 16.5429 16.5435
2101 16.5452 16.5453
2201 16.5456 16.5457
2301 16.546 16.546
2401 16.5448 16.5463
2501 16.5454 16.5467
2601 16.547 16.5471
2701 16.5474 16.5474
2801 16.5477 16.5477
2901 18.0547 18.0547
3001 18.0546 18.0546
3101 18.0547 18.0548
3201 18.0548 18.0549
3301 18.055 18.0551
3401 18.0551 18.0551
3501 18.0552 18.0553
3601 18.0553 18.0553
3701 18.0554 18.0555
3801 18.0556 18.0556
3901 18.0557 18.0558
4001 18.0558 18.0558
4101 18.0559 18.056
4201 18.056 18.0561
4301 18.0562 18.0564
4401 19.5998 19.6001
4501 19.6009 19.6011
4601 19.6175 19.6176
4701 19.6178 19.618
4801 19.6182 19.6184
4901 19.6185 19.6187
5001 19.6203 19.6206
5101 19.6207 19.6209
5201 19.621 19.6213
5301 19.6214 19.6216
5401 19.6218 19.622
5501 19.6222 19.6224
5601 19.6224 19.6227
5701 19.6228 19.6229
5801 21.1305 21.1306
5901 21.1304 21.1305
6001 21.1305 21.1306
6101 21.1306 21.1307
6201 21.1308 21.1308
6301 21.1309 21.131
6401 21.131 21.1311
6501 21.1311 21.1312
6601 21.1312 21.1313
6701 21.1314 21.1315
6801 21.1315 21.1315
6901 21.1316 21.1316
7001 21.1317 21.1317
7101 21.1318 21.1319
7201 21.1319 21.1321
7301 22.6759 22.676
7401 22.6769 22.6771
7501 22.6936 22.6938
7601 22.6938 22.6939
7701 22.6942 22.6946
7801 22.6945 22.6948
7901 22.6964 22.6966
8001 22.6966 22.697
8101 22.6971 22.6974
8201 22.6973 22.6975
8301 22.6978 22.6981
8401 22.6981 22.6984
8501 22.6985 22.6987
8601 22.6987 22.6991
8701 24.2068 24.2068
8801 24.2064 24.2065
8901 24.2068 24.2069
9001 24.2067 24.2068
9101 24.207 24.2071
9201 24.2069 24.207
9301 24.2072 24.2074
9401 24.2072 24.2073
9501 24.2074 24.2076
9601 24.2074 24.2075
9701 24.2077 24.2078
9801 24.2076 24.2077
9901 24.208 24.2081
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
set label 'lan-x100: a second packet costs +4.21 ms (+34.1 %), a fourth +7.28 ms (+59.0 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,14.4609 to 1448,14.4609 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '12.34 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,16.5424 to 2896,16.5424 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+4.21 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+34.1 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,18.0553 to 4344,18.0553 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.72 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+46.3 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,19.6175 to 5792,19.6175 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.28 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+59.0 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,21.1311 to 7240,21.1311 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+8.79 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+71.3 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,22.6935 to 8688,22.6935 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+10.36 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+83.9 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,24.2072 to 10000.01,24.2072 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+11.87 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+96.2 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [11.7436:27.1758]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-lan-x100.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-lan-x100.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
