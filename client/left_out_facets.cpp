// For the static client: std::locale::classic() with what its streams need, to print and read text
// and numbers. libstdc++'s own would bring in the facets of money, dates and messages, all of them
// for wide characters and for both ABIs, too: a tenth of the size.
#define _GLIBCXX_USE_CXX11_ABI 0  // libstdc++'s own functions look for the facets of this one
#include <cstddef>
#include <locale>
#include <new>

namespace std {
namespace {

template <class Facet>
alignas(Facet) char place_of[sizeof(Facet)];

}  // namespace

locale::_Impl::_Impl(size_t references) throw()
    : _M_refcount(static_cast<_Atomic_word>(references)), _M_facets_size(64) {
  static const facet* facets[64];
  static const facet* caches[64];
  static char c[] = "C";
  static char* names[_S_categories_size]{c};
  _M_facets = facets;
  _M_caches = caches;
  _M_names = names;
  using Codecvt = std::codecvt<char, char, mbstate_t>;
  _M_init_facet_unchecked(new (place_of<std::ctype<char>>) std::ctype<char>(nullptr, false, 1));
  _M_init_facet_unchecked(new (place_of<Codecvt>) Codecvt(1));
  _M_init_facet_unchecked(new (place_of<std::numpunct<char>>) std::numpunct<char>(1));
  _M_init_facet_unchecked(new (place_of<std::num_get<char>>) std::num_get<char>(1));
  _M_init_facet_unchecked(new (place_of<std::num_put<char>>) std::num_put<char>(1));
}

}  // namespace std
