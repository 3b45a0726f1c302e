# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 738.291 1200.12
101 737.652 742.184
201 738.607 1197.83
301 737.892 1083.84
401 738.457 1099.6
501 738.577 1218.74
601 740.666 1198.87
701 1196.64 1219.13
801 740.738 1239.1
901 736.487 738.323
1001 736.937 738.838
1101 736.311 739.377
1201 736.761 739.001
1301 737.037 739.728
1401 737.709 739.071
1501 738.139 739.825
1601 737.965 739.64
1701 737.729 738.758
1801 737.652 739.018
1901 738.804 739.588
2001 737.162 739.135
2101 737.458 739.812
2201 758.139 759.29
2301 758.473 759.19
2401 778.39 779.757
2501 778.422 779.043
2601 797.931 798.838
2701 797.232 799.37
2801 798.277 799.892
2901 817.981 819.189
3001 817.479 819.237
3101 758.93 799.381
3201 756.728 758.241
3301 778.25 779.387
3401 777.384 779.223
3501 796.904 798.979
3601 798.285 799.44
3701 816.414 819.155
3801 817.044 818.997
3901 837.317 839.344
4001 836.571 839.073
4101 857.573 859.346
4201 857.154 859.152
4301 857.6 859.321
4401 877.283 879.115
4501 898.112 899.262
4601 898.962 899.973
4701 897.227 898.775
4801 917.502 919.044
4901 918.338 919.03
5001 937.147 938.735
5101 937.593 939.344
5201 957.869 958.832
5301 958.977 959.54
5401 977.132 978.99
5501 977.864 978.785
5601 977.591 979.732
5701 996.77 998.921
5801 1017.71 1019.61
5901 1017.85 1019.71
6001 1017.53 1019.08
6101 1037.52 1039.14
6201 1037.6 1039.18
6301 1057.64 1058.93
6401 1057.32 1059.18
6501 1076.77 1079.8
6601 1077.82 1079.23
6701 1097.72 1099.06
6801 1097.63 1098.88
6901 1097.31 1099.48
7001 1117.55 1118.97
7101 1118.55 1119.7
7201 1136.86 1138.69
7301 1138.12 1139.27
7401 1158.2 1159.33
7501 1157.15 1158.64
7601 1178.04 1179.58
7701 1176.78 1178.61
7801 1198.34 1199.84
7901 1198.82 1199.53
8001 1217.64 1218.84
8101 1218.76 1219.35
8201 1238.13 1239.65
8301 1239.91 1741.04
8401 1481.55 1760.61
8501 1479.11 1909.24
8601 1737.63 1758.89
8701 1738.59 2217
8801 1279.16 1742.24
8901 1297.83 1298.85
9001 1297.37 1299.67
9101 1317.02 1318.99
9201 1321.11 2213.16
9301 1737.2 2216.69
9401 1737.85 1741.89
9501 1739.05 2202.54
9601 1737.25 2201.5
9701 1740.64 2220.13
9801 1737.93 2220.05
9901 1740.08 2214.38
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
set label 'edge: a second packet costs +21.12 ms (+2.9 %), a fourth +199.45 ms (+27.0 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,768.584 to 1448,768.584 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '738.3 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,759.412 to 2896,759.412 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+21.12 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+2.9 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,812.108 to 4344,812.108 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+73.82 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+10.0 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,937.741 to 5792,937.741 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+199.45 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+27.0 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,1070.89 to 7240,1070.89 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+332.60 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+45.1 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,1272.73 to 8688,1272.73 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+534.44 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+72.4 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,1570.85 to 10000.01,1570.85 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+832.56 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+112.8 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [662.12:2591.08]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-edge.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-edge.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
