# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 1451.03 1451.23
101 1467.35 1467.56
201 1483.2 1483.44
301 1499.03 1499.25
401 1514.95 1515.07
501 1530.68 1531.03
601 1547.53 1547.85
701 1563.34 1563.46
801 1579.17 1579.4
901 1594.98 1595.22
1001 1610.87 1611.23
1101 1626.69 1627.01
1201 1642.51 1642.86
1301 1658.33 1658.65
1401 1674.16 1674.4
1501 1958.81 2010.48
1601 1975.17 2017.78
1701 1963.78 2026.77
1801 2042.7 2098.5
1901 2004.03 2103.12
2001 2037.89 2118.65
2101 2054.09 2081.49
2201 2042.69 2112.75
2301 2095.38 2182.21
2401 2100.95 2152.74
2501 2152.73 2200.4
2601 2123.23 2202.22
2701 2156.86 2197.6
2801 2208.48 2262.53
2901 2173.56 2252.26
3001 2209.1 2246.8
3101 2164.24 2246.24
3201 2164.36 2247.92
3301 2182.46 2232.26
3401 2173.57 2243.59
3501 2246.04 2282.08
3601 2191.82 2237.05
3701 2183.17 2279.74
3801 2208.42 2276.1
3901 2246.17 2264.16
4001 2240.03 2275.34
4101 2245.9 2298.56
4201 2271.15 2313.58
4301 2277.68 2308.36
4401 2451.95 2514.7
4501 2450.11 2483.68
4601 2465.7 2539.74
4701 2481.44 2515.1
4801 2525.91 2566.8
4901 2530.58 2593.72
5001 2538.41 2610.34
5101 2544.94 2643.73
5201 2578.41 2641.43
5301 2567.19 2653.51
5401 2645.64 2695.14
5501 2661.24 2713.28
5601 2623.07 2692.99
5701 2638.78 2715.26
5801 2665.86 2726.69
5901 2675.09 2747.01
6001 2648.22 2724.42
6101 2678.04 2727.01
6201 2666.35 2765.25
6301 2693.24 2733.78
6401 2648.71 2716.82
6501 2684.51 2754.24
6601 2684.81 2743.5
6701 2683.17 2739.76
6801 2699.84 2751.75
6901 2714.8 2763.85
7001 2758.19 2781.98
7101 2748.18 2770.73
7201 2761.93 2789.22
7301 2944.09 2989.39
7401 2925.21 3028.56
7501 2931.55 3028.36
7601 2947.45 3035.33
7701 2981.19 3039.68
7801 2987.65 3089.37
7901 3049.29 3089.72
8001 3056.87 3117.44
8101 3034.84 3114.24
8201 3051.1 3150.15
8301 3084.75 3143.6
8401 3063.18 3190.68
8501 3143.22 3185.89
8601 3114.64 3192.79
8701 3140.23 3192.19
8801 3130.97 3183.67
8901 3140.24 3224.16
9001 3158.47 3219.14
9101 3122.26 3180.98
9201 3140.65 3201.47
9301 3149.85 3213.44
9401 3186 3233.77
9501 3151.68 3224.55
9601 3204.16 3238.59
9701 3191.69 3232.03
9801 3216.49 3254.43
9901 3214.2 3267.79
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
set label 'wifi: a second packet costs +614.46 µs (+42.3 %), a fourth +1099.21 µs (+75.8 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,1562.92 to 1448,1562.92 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '1451 µs' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,2065.48 to 2896,2065.48 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+614.46 µs' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+42.3 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,2211.84 to 4344,2211.84 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+760.82 µs' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+52.4 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,2550.24 to 5792,2550.24 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1099.21 µs' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+75.8 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,2694.06 to 7240,2694.06 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1243.04 µs' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+85.7 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,3022.5 to 8688,3022.5 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1571.47 µs' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+108.3 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,3165.14 to 10000.01,3165.14 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1714.12 µs' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+118.1 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [1360.19:3721.98]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-wifi.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-wifi.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
