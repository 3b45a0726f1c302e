# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 1451.1 1451.25
101 1467.35 1467.55
201 1483.31 1483.45
301 1499.02 1499.15
401 1514.85 1515.08
501 1530.66 1531
601 1547.52 1547.76
701 1563.34 1563.4
801 1579.17 1579.38
901 1594.98 1595.19
1001 1610.88 1611.3
1101 1626.68 1627
1201 1642.62 1642.86
1301 1658.33 1658.65
1401 1674.16 1674.46
1501 1958.5 2010.53
1601 1975.17 2017.7
1701 1963.79 2026.8
1801 2042.4 2098.7
1901 2004.04 2103.7
2001 2037.77 2118.66
2101 2054.16 2081.49
2201 2042.68 2112.72
2301 2094.31 2182.15
2401 2103.5 2152.71
2501 2152.62 2200.67
2601 2123.22 2202.14
2701 2156.87 2197.61
2801 2208.48 2262.68
2901 2173.37 2252.24
3001 2209.09 2245.44
3101 2164.45 2246.42
3201 2164.75 2248.03
3301 2182.45 2232.12
3401 2173.57 2244.41
3501 2246.26 2282.57
3601 2191.92 2237.21
3701 2183.93 2279.74
3801 2208.31 2276.1
3901 2246.18 2264.09
4001 2239.92 2275.34
4101 2245.83 2298.58
4201 2271.2 2313.69
4301 2277.85 2308.45
4401 2451.96 2511.56
4501 2450.35 2483.66
4601 2465.64 2539.81
4701 2481.43 2515.03
4801 2523.72 2566.76
4901 2530.58 2593.61
5001 2539.12 2610.34
5101 2544.99 2643.81
5201 2578.41 2641.44
5301 2567.2 2653.27
5401 2645.69 2695.19
5501 2661.3 2713.4
5601 2623.05 2692.94
5701 2639.79 2715.28
5801 2665.85 2726.69
5901 2674.98 2746.94
6001 2648.21 2724.6
6101 2675.33 2726.92
6201 2666.33 2765.26
6301 2693.23 2733.78
6401 2648.7 2716.84
6501 2684.56 2754.38
6601 2684.81 2743.46
6701 2683.16 2739.78
6801 2699.9 2752.48
6901 2714.85 2762.31
7001 2756.95 2781.93
7101 2748.22 2771.45
7201 2761.93 2789.29
7301 2944.3 2989.49
7401 2925.09 3028.59
7501 2931.58 3028.33
7601 2947.33 3035.2
7701 2982.14 3039.56
7801 2987.69 3088.94
7901 3050.12 3089.72
8001 3058.42 3116.79
8101 3033.76 3114.14
8201 3051.1 3150.15
8301 3084.63 3143.41
8401 3063.23 3190.6
8501 3143.12 3185.93
8601 3113.83 3192.8
8701 3140.21 3191.98
8801 3131.14 3182.91
8901 3140.24 3225.04
9001 3158.35 3219.88
9101 3122.25 3180.99
9201 3140.7 3201.39
9301 3149.83 3212.76
9401 3186.05 3233.82
9501 3152.66 3224.85
9601 3204.21 3238.59
9701 3191.75 3230.36
9801 3216.49 3254.58
9901 3214.21 3267.91
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
set label 'wifi: a second packet costs +614.43 µs (+42.3 %), a fourth +1099.13 µs (+75.7 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,1562.93 to 1448,1562.93 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '1451 µs' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,2065.53 to 2896,2065.53 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+614.43 µs' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+42.3 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,2211.94 to 4344,2211.94 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+760.84 µs' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+52.4 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,2550.23 to 5792,2550.23 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1099.13 µs' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+75.7 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,2693.8 to 7240,2693.8 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1242.70 µs' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+85.6 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,3022.59 to 8688,3022.59 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1571.49 µs' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+108.3 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,3165.24 to 10000.01,3165.24 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1714.13 µs' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+118.1 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [1360.26:3722.11]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-wifi.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-wifi.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
