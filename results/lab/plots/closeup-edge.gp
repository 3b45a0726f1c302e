# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 601.53 714.638
101 698.996 835.118
201 641.321 810.335
301 678.823 941.891
401 659.788 827.697
501 599.869 764.437
601 598.704 714.346
701 618.96 759.266
801 638.523 761.906
901 596.222 598.769
1001 596.863 599.014
1101 597.052 598.881
1201 597.29 598.618
1301 596.914 599.12
1401 596.983 598.973
1501 598.758 600.423
1601 598.62 599.625
1701 597.533 598.768
1801 596.702 598.902
1901 597.492 598.305
2001 597.409 599.817
2101 597.02 598.847
2201 617.178 619.048
2301 617.262 619.622
2401 638.212 638.674
2501 638.537 639.464
2601 657.717 659.302
2701 656.988 659.405
2801 658.335 659.708
2901 676.701 679.396
3001 676.612 678.907
3101 620.345 659.872
3201 599.335 599.92
3301 597.921 599.078
3401 599.115 599.78
3501 617.601 618.991
3601 617.492 619.398
3701 636.571 639.602
3801 637.528 638.506
3901 658.227 659.015
4001 658.21 659.749
4101 676.904 678.853
4201 676.988 679.37
4301 678.251 679.347
4401 698.844 699.64
4501 718.021 719.608
4601 717.993 718.704
4701 717.583 719.664
4801 736.958 738.995
4901 737.152 739.232
5001 757.863 758.979
5101 757.149 758.847
5201 777.836 779.082
5301 777.201 779.361
5401 798.037 798.811
5501 797.5 799.288
5601 798.487 799.567
5701 816.379 819.08
5801 837.858 839.212
5901 838.501 839.184
6001 837.861 839.45
6101 856.53 858.749
6201 858.192 859.321
6301 877.778 879.294
6401 877.377 878.511
6501 898.078 899
6601 897.83 898.866
6701 918.35 918.997
6801 918.041 919.387
6901 917.166 918.925
7001 937.799 939.369
7101 937.632 939.076
7201 958.649 959.832
7301 956.63 959.251
7401 978.161 979.001
7501 977.386 979.199
7601 997.925 999.644
7701 997.461 998.75
7801 1018.54 1019.22
7901 1017.34 1018.92
8001 1037.69 1039.06
8101 1037.02 1038.47
8201 1057.69 1058.79
8301 1059.97 1521.48
8401 1199.39 1674.54
8501 1199.88 1610.17
8601 1457.92 1549.24
8701 1418.21 1582.28
8801 1098.62 1538.91
8901 1117.47 1119.89
9001 1119.07 1119.85
9101 1136.94 1140.05
9201 1519.01 1573.94
9301 1458.58 1755.14
9401 1438.91 1614.93
9501 1419.22 1620.33
9601 1418.6 1711.15
9701 1500.84 1615.76
9801 1416.63 1418.35
9901 1418.35 1419.07
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
set label 'edge: a second packet costs +17.60 ms (+2.9 %), a fourth +156.11 ms (+26.0 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,621.189 to 1448,621.189 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '601.5 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,619.126 to 2896,619.126 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+17.60 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+2.9 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,641.853 to 4344,641.853 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+40.32 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+6.7 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,757.643 to 5792,757.643 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+156.11 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+26.0 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,891.176 to 7240,891.176 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+289.65 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+48.2 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,1070.93 to 8688,1070.93 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+469.40 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+78.0 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,1344.65 to 10000.01,1344.65 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+743.12 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+123.5 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [538.276:2044.87]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-edge.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-edge.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
