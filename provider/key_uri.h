#pragma once

#include <array>
#include <string_view>

#include "provider/wire/message.h"

namespace edgeseal::provider {

// Which objects a URI means. The names are those of PKCS#11 URIs (RFC 7512 section 2.3) where it has them.
enum class ObjectType {
  all,           // key, certificate and the rest of the chain
  private_key,   // private
  public_key,    // public
  certificate,   // cert: the key's own
  issuers,       // ca: the rest of the chain
  trust_anchors  // trust: those of the certificate group
};

// edgeseal:NAME[;type=TYPE][;group=GROUP][;certificate-type=TYPE], each percent-encoded as RFC 3986 section 2.1 says.
class KeyUri {
 public:
  // False, with an error raised that names what is wrong.
  [[nodiscard]] bool parse(std::string_view uri) noexcept;

  [[nodiscard]] std::string_view key_name() const noexcept { return name_.view(); }
  [[nodiscard]] ObjectType type() const noexcept { return type_; }

 private:
  class Text {
   public:
    [[nodiscard]] bool append(std::string_view text) noexcept;
    [[nodiscard]] std::string_view view() const noexcept { return {characters_.data(), size_}; }

   private:
    std::array<char, wire::max_key_name_size> characters_{};
    std::size_t size_ = 0;
  };

  [[nodiscard]] static bool decode(std::string_view encoded, Text& text) noexcept;
  [[nodiscard]] bool take_name(std::string_view encoded) noexcept;
  [[nodiscard]] bool take_option(std::string_view option) noexcept;
  [[nodiscard]] bool take_type(std::string_view name) noexcept;
  [[nodiscard]] bool take_part(Text& part, std::string_view option, const Text& value) noexcept;
  [[nodiscard]] bool join_name() noexcept;

  Text application_, group_, certificate_type_;  // the parts of the name
  Text name_;
  ObjectType type_ = ObjectType::all;
};

}  // namespace edgeseal::provider
