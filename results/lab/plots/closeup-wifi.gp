# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 1438.44 1438.56
101 1454.65 1454.74
201 1470.3 1470.42
301 1486.13 1486.25
401 1501.86 1502.07
501 1517.56 1517.58
601 1534.32 1534.43
701 1550.03 1550.16
801 1565.76 1565.88
901 1581.38 1581.6
1001 1597.27 1597.37
1101 1612.98 1613.24
1201 1628.71 1628.82
1301 1644.43 1644.65
1401 1660.15 1660.36
1501 1974.44 1999.27
1601 1954.54 2006.13
1701 1952.03 2033.28
1801 2021.89 2057.73
1901 1992.28 2050.88
2001 2025.92 2079.81
2101 2051.37 2083.91
2201 2031.06 2124
2301 2073.91 2154.89
2401 2089.31 2161.35
2501 2105.28 2193.08
2601 2111.54 2202.48
2701 2154.27 2181.36
2801 2178.81 2264.51
2901 2161.46 2264.6
3001 2161.57 2244.38
3101 2152.62 2218.01
3201 2152.8 2238.32
3301 2170.68 2215.87
3401 2171.29 2225.14
3501 2207.01 2267.75
3601 2162.62 2214.12
3701 2167.69 2237.88
3801 2201.25 2252.74
3901 2200.07 2259.15
4001 2216.76 2242.66
4101 2231.18 2285.26
4201 2255.95 2298
4301 2261.51 2288.95
4401 2448.55 2501.55
4501 2428.31 2522.72
4601 2444.32 2525.29
4701 2459.62 2521.06
4801 2466.57 2579.04
4901 2553.9 2580.85
5001 2507.51 2597.73
5101 2550.12 2622.15
5201 2584.08 2635.82
5301 2554.37 2624.24
5401 2624.31 2687.31
5501 2648.61 2693.39
5601 2610.55 2709.41
5701 2625.63 2704.65
5801 2643.92 2702.27
5901 2689.53 2722.18
6001 2679.95 2698.65
6101 2661.97 2715.8
6201 2653.14 2720.63
6301 2670.86 2734.1
6401 2635.19 2702.76
6501 2653.19 2707.24
6601 2671.61 2729.61
6701 2683.88 2741.32
6801 2681.86 2735.89
6901 2706.45 2741.46
7001 2723.22 2758.38
7101 2728.83 2753.79
7201 2744.6 2778.62
7301 2930.67 2969.37
7401 2830.09 3023.75
7501 2917.76 3014.44
7601 2933.7 3012.69
7701 2966.89 3023.09
7801 3000.99 3064.05
7901 3017.09 3066.74
8001 2979.76 3118.82
8101 3093.28 3134.15
8201 2938.65 3131.76
8301 3079.69 3149.69
8401 3050.77 3174.41
8501 3128.99 3187.5
8601 3099.71 3180.99
8701 3125.81 3170.53
8801 3117.2 3184.83
8901 3126.17 3200.99
9001 3126.43 3214.04
9101 3126.16 3214.16
9201 3117.55 3158.13
9301 3153.51 3198.69
9401 3162.89 3189.54
9501 3133.11 3192.01
9601 3207.94 3223.85
9701 3173.58 3215.4
9801 3199.2 3257.21
9901 3195.97 3252.42
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
set label 'wifi: a second packet costs +612.75 µs (+42.6 %), a fourth +1097.74 µs (+76.3 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,1549.6 to 1448,1549.6 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '1438 µs' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,2051.19 to 2896,2051.19 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+612.75 µs' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+42.6 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,2191.63 to 4344,2191.63 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+753.19 µs' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+52.4 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,2536.18 to 5792,2536.18 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1097.74 µs' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+76.3 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,2681.88 to 7240,2681.88 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1243.44 µs' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+86.4 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,2997.72 to 8688,2997.72 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1559.28 µs' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+108.4 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,3151.19 to 10000.01,3151.19 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+1712.75 µs' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+119.1 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (µs)' textcolor rgb '#404040' offset 0.5,0
set yrange [1347.5:3711.9]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-wifi.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-wifi.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
