// Do two function pointers pass alike: as many arguments, of the same sizes and kinds?
#pragma once
#include <type_traits>

template <class A, class B>
inline constexpr bool same_word = sizeof(A) == sizeof(B) && std::is_pointer_v<A> == std::is_pointer_v<B>;

template <class A, class B>
inline constexpr bool same_call = false;
template <class R, class S, class... A, class... B>
  requires(sizeof...(A) == sizeof...(B))
inline constexpr bool same_call<R (*)(A...), S (*)(B...)> = same_word<R, S> && (same_word<A, B> && ...);
