# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 98.1314 98.869
101 98.875 99.6629
201 98.6796 99.4691
301 98.8647 99.4637
401 99.159 99.5832
501 98.5552 99.2253
601 99.0102 100.01
701 98.8474 99.2886
801 98.7328 99.3764
901 98.775 99.8095
1001 99.3577 99.9965
1101 98.5927 99.3611
1201 99.0716 99.3722
1301 99.2621 99.7713
1401 98.8299 99.4329
1501 119.078 119.95
1601 118.675 119.319
1701 119.152 119.785
1801 119.082 119.426
1901 119.11 119.796
2001 119.06 119.736
2101 118.672 119.539
2201 118.835 119.361
2301 118.907 119.673
2401 118.93 119.703
2501 118.632 119.419
2601 119.046 119.916
2701 118.738 119.436
2801 119.074 119.833
2901 118.819 119.489
3001 119.124 120.074
3101 118.657 119.074
3201 119.134 119.634
3301 119.29 119.605
3401 119.433 119.835
3501 118.567 119.481
3601 118.842 119.689
3701 118.988 119.449
3801 118.601 119.351
3901 119.086 119.796
4001 118.765 119.398
4101 118.536 119.87
4201 118.849 119.763
4301 118.692 119.364
4401 139.436 139.819
4501 138.76 139.436
4601 138.753 139.525
4701 138.758 139.719
4801 138.868 139.337
4901 138.814 139.449
5001 139.061 139.782
5101 138.663 139.547
5201 138.95 139.489
5301 139.048 139.605
5401 139.46 139.799
5501 138.934 139.515
5601 139.311 139.461
5701 138.742 139.454
5801 138.779 139.374
5901 138.937 139.879
6001 139.166 139.455
6101 138.835 139.726
6201 138.643 139.719
6301 138.888 139.365
6401 138.878 139.642
6501 138.988 139.809
6601 139.092 139.338
6701 139.01 139.537
6801 138.672 139.668
6901 138.928 139.468
7001 138.962 139.75
7101 138.632 139.825
7201 138.949 139.771
7301 159.018 159.871
7401 158.825 159.452
7501 158.839 159.567
7601 158.889 159.694
7701 158.634 159.579
7801 158.721 159.547
7901 159.257 159.574
8001 158.718 159.543
8101 158.625 159.364
8201 159.202 159.614
8301 159.149 159.694
8401 159.071 159.561
8501 158.817 159.671
8601 158.877 159.658
8701 159.11 159.66
8801 158.743 159.231
8901 158.9 159.817
9001 158.688 159.286
9101 158.798 159.741
9201 158.734 159.485
9301 158.963 159.67
9401 158.861 159.584
9501 158.809 159.518
9601 159.038 159.542
9701 158.696 159.633
9801 158.814 159.392
9901 159.326 159.584
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
set label '3g: a second packet costs +20.80 ms (+21.2 %), a fourth +40.84 ms (+41.6 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,98.8496 to 1448,98.8496 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '98.13 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,118.928 to 2896,118.928 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+20.80 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+21.2 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,118.892 to 4344,118.892 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+20.76 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+21.2 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,138.968 to 5792,138.968 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+40.84 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+41.6 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,138.891 to 7240,138.891 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+40.76 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+41.5 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,158.903 to 8688,158.903 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+60.77 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+61.9 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,158.883 to 10000.01,158.883 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+60.75 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+61.9 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [95.0444:175.305]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-3g.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-3g.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
