#include "lib/stats/student_t.h"

#include <boost/math/distributions/students_t.hpp>

namespace tcpstep {

double student_t_quantile(double probability, double degrees) {
  return boost::math::quantile(boost::math::students_t(degrees), probability);
}

}  // namespace tcpstep
