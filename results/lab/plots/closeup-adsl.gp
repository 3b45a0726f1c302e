# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 20.968 20.9682
101 21.075 21.0751
201 21.146 21.1461
301 21.217 21.2171
401 21.2876 21.288
501 21.3584 21.3591
601 21.4311 21.4311
701 21.5006 21.5021
801 21.5716 21.5731
901 21.6426 21.6439
1001 21.7136 21.7151
1101 21.7847 21.7862
1201 21.8571 21.8572
1301 21.9635 21.9635
1401 22.0339 22.0345
1501 23.2283 23.2284
1601 23.2998 23.2998
1701 23.3707 23.3707
1801 23.4416 23.4416
1901 23.5127 23.5127
2001 23.5834 23.5834
2101 23.6555 23.6555
2201 23.7263 23.7263
2301 23.7973 23.7974
2401 23.8683 23.8683
2501 23.9392 23.9392
2601 24.0099 24.0099
2701 24.1161 24.1161
2801 24.1872 24.1872
2901 24.2614 24.2614
3001 24.2615 24.2615
3101 24.2616 24.2616
3201 24.2617 24.2617
3301 24.2618 24.2618
3401 24.2619 24.2619
3501 24.262 24.2621
3601 24.2621 24.2621
3701 24.2622 24.2622
3801 24.2623 24.2623
3901 24.2624 24.2625
4001 24.2625 24.2625
4101 24.2626 24.2626
4201 24.3038 24.304
4301 24.3748 24.3749
4401 25.5659 25.566
4501 25.6375 25.6375
4601 25.7082 25.7082
4701 25.7791 25.7792
4801 25.85 25.8502
4901 25.9209 25.9209
5001 25.9928 25.9929
5101 26.0638 26.0639
5201 26.1347 26.1349
5301 26.2056 26.2056
5401 26.2765 26.2765
5501 26.3827 26.3827
5601 26.4536 26.4537
5701 26.5245 26.5245
5801 26.5964 26.5964
5901 26.5965 26.5965
6001 26.5966 26.5966
6101 26.5966 26.5967
6201 26.5968 26.5968
6301 26.5969 26.5969
6401 26.597 26.597
6501 26.5971 26.5971
6601 26.5972 26.5972
6701 26.5973 26.5974
6801 26.5974 26.5975
6901 26.5974 26.5975
7001 26.5976 26.5976
7101 26.6388 26.6389
7201 26.7098 26.7099
7301 27.9008 27.9009
7401 27.9724 27.9724
7501 28.0431 28.0432
7601 28.114 28.114
7701 28.1849 28.1849
7801 28.2558 28.2558
7901 28.3277 28.3277
8001 28.3986 28.3986
8101 28.4695 28.4695
8201 28.5404 28.5405
8301 28.6467 28.6468
8401 28.7176 28.7176
8501 28.7885 28.7885
8601 28.8594 28.8594
8701 28.9313 28.9313
8801 28.9314 28.9314
8901 28.9315 28.9315
9001 28.9316 28.9316
9101 28.9317 28.9317
9201 28.9318 28.9319
9301 28.9319 28.9319
9401 28.932 28.9321
9501 28.9321 28.9321
9601 28.9322 28.9323
9701 28.9323 28.9323
9801 28.9324 28.9325
9901 28.9325 28.9325
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
set label 'adsl: a second packet costs +2.73 ms (+13.0 %), a fourth +5.07 ms (+24.2 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,21.5034 to 1448,21.5034 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '20.97 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,23.6955 to 2896,23.6955 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+2.73 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+13.0 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,24.2723 to 4344,24.2723 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+3.30 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+15.8 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,26.0354 to 5792,26.0354 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.07 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+24.2 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,26.6073 to 7240,26.6073 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.64 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+26.9 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,28.3728 to 8688,28.3728 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.40 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+35.3 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,28.9319 to 10000.01,28.9319 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.96 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+38.0 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [20.5698:30.9236]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-adsl.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-adsl.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
