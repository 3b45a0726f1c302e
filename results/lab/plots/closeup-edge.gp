# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 598.452 672.134
101 618.539 701.512
201 618.676 752.987
301 620.722 735.009
401 620.859 793.314
501 599.867 818.664
601 642.589 815.465
701 618.961 745.495
801 619.523 799.905
901 596.222 598.677
1001 597.472 599.048
1101 598.538 600.092
1201 596.504 598.618
1301 596.074 599.608
1401 597.856 599.161
1501 598.37 599.628
1601 597.894 598.893
1701 597.537 599.321
1801 597.232 598.875
1901 598.574 599.395
2001 597.405 599.585
2101 597.021 598.644
2201 619.003 619.805
2301 617.606 619.542
2401 637.161 638.622
2501 637.889 639.447
2601 658.008 659.15
2701 657.954 659.577
2801 658.227 659.473
2901 676.824 678.362
3001 677.616 678.843
3101 619.21 659.811
3201 599.115 599.822
3301 597.92 599.281
3401 597.948 599.49
3501 617.549 618.989
3601 617.415 619.35
3701 636.57 639.423
3801 637.528 639.03
3901 658.227 659.544
4001 657.475 659.068
4101 676.904 678.912
4201 678.012 679.275
4301 678.257 679.471
4401 697.993 699.018
4501 718.3 719.421
4601 717.624 719.539
4701 717.153 718.904
4801 737.427 739.001
4901 738.567 738.937
5001 757.289 759.19
5101 757.919 759.686
5201 777.945 778.628
5301 777.677 778.593
5401 797.201 799.623
5501 797.5 798.526
5601 796.886 799.576
5701 817.538 819.246
5801 837.86 839.535
5901 837.595 839.365
6001 837.083 838.806
6101 858.042 859.057
6201 857.696 859.311
6301 877.778 878.997
6401 876.829 879.582
6501 897.553 899.323
6601 898.004 899.382
6701 918.603 918.98
6801 918.686 919.393
6901 917.649 918.432
7001 937.798 939.136
7101 938.866 939.535
7201 957.517 958.621
7301 956.773 959.223
7401 978.686 979.668
7501 977.386 979.476
7601 997.701 999.153
7701 997.159 998.493
7801 1018.66 1019.44
7901 1017.21 1018.3
8001 1038.51 1039.79
8101 1038.25 1039.39
8201 1057.29 1059.32
8301 1057.42 1519.9
8401 1199.13 1614.69
8501 1199.13 1534.72
8601 1438.18 1521.01
8701 1418.55 1673.67
8801 1098.88 1400.36
8901 1117.47 1119.54
9001 1118.09 1119.72
9101 1137.77 1139.81
9201 1139.24 1568.42
9301 1437.32 1655.1
9401 1500.86 1638.76
9501 1417.2 1630.68
9601 1502.45 1641.41
9701 1541.19 1730.68
9801 1416.46 1418.39
9901 1418.14 1418.94
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
set label 'edge: a second packet costs +20.82 ms (+3.5 %), a fourth +159.19 ms (+26.6 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,609.39 to 1448,609.39 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '598.5 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,619.277 to 2896,619.277 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+20.82 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+3.5 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,641.771 to 4344,641.771 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+43.32 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+7.2 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,757.644 to 5792,757.644 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+159.19 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+26.6 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,891.171 to 7240,891.171 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+292.72 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+48.9 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,1069.39 to 8688,1069.39 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+470.94 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+78.7 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,1327.97 to 10000.01,1327.97 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+729.52 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+121.9 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [539.344:2014.33]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-edge.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-edge.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
