# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 20.9812 20.9815
101 21.0882 21.0886
201 21.1595 21.1596
301 21.2301 21.2308
401 21.3017 21.3018
501 21.3729 21.373
601 21.4436 21.4451
701 21.5144 21.5146
801 21.5864 21.587
901 21.6579 21.6581
1001 21.7279 21.7293
1101 21.8003 21.8004
1201 21.8712 21.8715
1301 21.9775 21.9779
1401 22.0488 22.049
1501 23.2404 23.2404
1601 23.3114 23.3115
1701 23.3823 23.3825
1801 23.4532 23.4533
1901 23.5241 23.5242
2001 23.5951 23.5951
2101 23.667 23.6671
2201 23.7379 23.7379
2301 23.8088 23.809
2401 23.8797 23.8799
2501 23.9507 23.9509
2601 24.0216 24.0218
2701 24.1278 24.128
2801 24.1989 24.1989
2901 24.2763 24.2763
3001 24.2761 24.2762
3101 24.2763 24.2763
3201 24.2764 24.2764
3301 24.2765 24.2766
3401 24.2766 24.2767
3501 24.2768 24.2768
3601 24.2769 24.2769
3701 24.277 24.2771
3801 24.2771 24.2771
3901 24.2772 24.2773
4001 24.2773 24.2774
4101 24.2775 24.2775
4201 24.3228 24.3229
4301 24.3938 24.3938
4401 25.5868 25.5869
4501 25.6585 25.6585
4601 25.7294 25.7294
4701 25.8003 25.8003
4801 25.8712 25.8713
4901 25.9421 25.9421
5001 26.014 26.014
5101 26.0849 26.085
5201 26.1558 26.1559
5301 26.2267 26.2268
5401 26.2977 26.2979
5501 26.404 26.4041
5601 26.4751 26.4751
5701 26.546 26.546
5801 26.6233 26.6234
5901 26.6232 26.6233
6001 26.6233 26.6234
6101 26.6235 26.6235
6201 26.6236 26.6236
6301 26.6237 26.6237
6401 26.6238 26.6239
6501 26.6239 26.624
6601 26.624 26.6241
6701 26.6242 26.6242
6801 26.6243 26.6244
6901 26.6244 26.6244
7001 26.6245 26.6245
7101 26.6697 26.6698
7201 26.7407 26.7409
7301 27.934 27.934
7401 28.0055 28.0056
7501 28.0766 28.0767
7601 28.1474 28.1474
7701 28.2184 28.2185
7801 28.2892 28.2893
7901 28.3612 28.3613
8001 28.432 28.4321
8101 28.503 28.5033
8201 28.5738 28.574
8301 28.6803 28.6804
8401 28.7511 28.7512
8501 28.8221 28.8223
8601 28.893 28.8931
8701 28.9707 28.9708
8801 28.9704 28.9704
8901 28.9708 28.9709
9001 28.9707 28.9707
9101 28.971 28.971
9201 28.9709 28.971
9301 28.9712 28.9712
9401 28.9711 28.9713
9501 28.9715 28.9715
9601 28.9714 28.9715
9701 28.9717 28.9717
9801 28.9716 28.9717
9901 28.9719 28.9721
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
set label 'adsl: a second packet costs +2.73 ms (+13.0 %), a fourth +5.08 ms (+24.2 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,21.5174 to 1448,21.5174 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '20.98 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,23.7071 to 2896,23.7071 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+2.73 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+13.0 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,24.2876 to 4344,24.2876 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+3.31 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+15.8 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,26.0566 to 5792,26.0566 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.08 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+24.2 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,26.6347 to 7240,26.6347 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.65 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+26.9 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,28.4063 to 8688,28.4063 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.43 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+35.4 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,28.9711 to 10000.01,28.9711 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.99 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+38.1 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [20.5816:30.9698]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-adsl.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-adsl.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
