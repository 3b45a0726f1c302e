# Closeup: the minimum of every size and the penalty of every class. Drawn by tcpstep-analyze plot.
$sizes << EOD
1 12.3231 12.324
101 12.4839 12.4848
201 12.645 12.6452
301 12.8055 12.8055
401 12.9649 12.9658
501 14.6253 14.6262
601 14.7866 14.7876
701 14.9479 14.948
801 15.1082 15.1082
901 15.268 15.2686
1001 15.4289 15.429
1101 15.5893 15.5893
1201 15.7488 15.7497
1301 15.9091 15.91
1401 16.0694 16.0703
1501 16.515 16.5151
1601 16.5155 16.516
1701 16.5284 16.5284
1801 16.5286 16.5288
1901 16.5285 16.5291
2001 16.5289 16.5294
2101 16.5308 16.5313
2201 16.5315 16.5316
2301 16.5315 16.5319
2401 16.5323 16.5323
2501 16.5326 16.5327
2601 16.5327 16.533
2701 16.5333 16.5334
2801 16.5337 16.5337
2901 18.0398 18.0399
3001 18.0399 18.0399
3101 18.04 18.04
3201 18.0401 18.0401
3301 18.0402 18.0403
3401 18.0403 18.0403
3501 18.0404 18.0404
3601 18.0405 18.0405
3701 18.0406 18.0406
3801 18.0407 18.0407
3901 18.0408 18.0409
4001 18.0409 18.0409
4101 18.041 18.0411
4201 18.0411 18.0411
4301 18.0412 18.0412
4401 19.5789 19.5792
4501 19.5801 19.5803
4601 19.5938 19.5939
4701 19.5944 19.5944
4801 19.5944 19.5946
4901 19.595 19.5953
5001 19.5966 19.5968
5101 19.5972 19.5974
5201 19.5972 19.5973
5301 19.5978 19.598
5401 19.5979 19.5981
5501 19.5985 19.5988
5601 19.5985 19.5987
5701 19.5992 19.5993
5801 21.1036 21.1036
5901 21.1037 21.1037
6001 21.1038 21.1039
6101 21.1039 21.1039
6201 21.104 21.104
6301 21.1041 21.1041
6401 21.1042 21.1042
6501 21.1043 21.1043
6601 21.1044 21.1044
6701 21.1045 21.1045
6801 21.1046 21.1046
6901 21.1047 21.1047
7001 21.1048 21.1048
7101 21.1049 21.1049
7201 21.105 21.105
7301 22.6427 22.6429
7401 22.6435 22.6437
7501 22.6575 22.6578
7601 22.6578 22.6581
7701 22.6582 22.6583
7801 22.6585 22.6588
7901 22.6603 22.6606
8001 22.6606 22.6608
8101 22.6609 22.6613
8201 22.6612 22.6615
8301 22.6616 22.6618
8401 22.662 22.6623
8501 22.6623 22.6627
8601 22.6626 22.6627
8701 24.1672 24.1673
8801 24.1673 24.1674
8901 24.1674 24.1675
9001 24.1675 24.1676
9101 24.1676 24.1677
9201 24.1677 24.1677
9301 24.1678 24.168
9401 24.1679 24.168
9501 24.168 24.1681
9601 24.1681 24.1683
9701 24.1682 24.1683
9801 24.1683 24.1684
9901 24.1685 24.1685
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
set label 'lan-x100: a second packet costs +4.21 ms (+34.1 %), a fourth +7.27 ms (+59.0 %)' at screen 0.012,0.955 front noenhanced font 'DejaVu Sans:Bold,15' tc rgb '#202020'
set label '1 run, 2000 samples, MSS 1448, cubic, 2020-01-01' at screen 0.012,0.905 front noenhanced font ',11' tc rgb '#606060'
set xrange [-60.000060000000005:10000.01]
set arrow from 1448, graph 0 to 1448, graph 1 nohead ls 20 back
set arrow from 2896, graph 0 to 2896, graph 1 nohead ls 20 back
set arrow from 4344, graph 0 to 4344, graph 1 nohead ls 20 back
set arrow from 5792, graph 0 to 5792, graph 1 nohead ls 20 back
set arrow from 7240, graph 0 to 7240, graph 1 nohead ls 20 back
set arrow from 8688, graph 0 to 8688, graph 1 nohead ls 20 back
set arrow from 0,14.4469 to 1448,14.4469 nohead front ls 2
set label '1 segment' at 724, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '12.32 ms' at 724, graph 0.915 front noenhanced center font ',11' tc rgb '#404040'
set label 'at 1 byte' at 724, graph 0.87 front noenhanced center font ',9' tc rgb '#404040'
set arrow from 1448,16.5288 to 2896,16.5288 nohead front ls 2
set label '2 segments' at 2172, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+4.21 ms' at 2172, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+34.1 %' at 2172, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 2896,18.0405 to 4344,18.0405 nohead front ls 2
set label '3 segments' at 3620, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+5.72 ms' at 3620, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+46.4 %' at 3620, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 4344,19.5942 to 5792,19.5942 nohead front ls 2
set label '4 segments' at 5068, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+7.27 ms' at 5068, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+59.0 %' at 5068, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 5792,21.1043 to 7240,21.1043 nohead front ls 2
set label '5 segments' at 6516, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+8.78 ms' at 6516, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+71.3 %' at 6516, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 7240,22.6579 to 8688,22.6579 nohead front ls 2
set label '6 segments' at 7964, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+10.33 ms' at 7964, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+83.9 %' at 7964, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set arrow from 8688,24.1678 to 10000.01,24.1678 nohead front ls 2
set label '7 segments' at 9344.005000000001, graph 0.965 front noenhanced center font ',9' tc rgb '#8a8a8a'
set label '+11.84 ms' at 9344.005000000001, graph 0.915 front noenhanced center font ',11' tc rgb '#B24A00'
set label '+96.1 %' at 9344.005000000001, graph 0.87 front noenhanced center font ',9' tc rgb '#B24A00'
set ylabel 'RTT (ms)' textcolor rgb '#404040' offset 0.5,0
set yrange [11.7308:27.1299]
set key at graph 0.992,0.03 right bottom vertical reverse Left samplen 1.8 spacing 1.25 tc rgb '#303030' opaque fillcolor rgb '#f0ffffff'
set terminal pngcairo size 1200,675 font 'DejaVu Sans,11' background rgb 'white' rounded
set output 'closeup-lan-x100.png'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
set terminal svg size 1200,675 dynamic font 'DejaVu Sans,13' background rgb 'white' rounded
set output 'closeup-lan-x100.svg'
plot $sizes using 1:2:3 with filledcurves fs transparent solid 0.22 noborder lc rgb '#0072B2' title 'minimum to lower quartile', $sizes using 1:2 with linespoints ls 1 ps 0.5 title 'minimum', NaN with lines ls 2 title 'mean of the minima of that many segments'
unset output
