#include "agent/staging/staged_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <pugixml.hpp>
#include <string_view>

#include "agent/error.h"
#include "agent/openssl.h"
#include "agent/staging/encoded_certificates.h"
#include "agent/staging/staged_url.h"
#include "policy/utf8.h"

namespace edgeseal::agent {

namespace {

using jose::text_of;

constexpr std::size_t max_depth = 16;
constexpr std::size_t max_elements = 4096;
constexpr std::size_t max_pieces = 64;  // of the text of one element
// No entity is expanded but the five of XML; a DOCTYPE and a declaration are kept, to be judged.
constexpr unsigned parsing =
    pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_doctype | pugi::parse_declaration;

[[noreturn]] void refuse(const std::string& problem) {
  throw Error(Code::invalid_argument, fmt::format("the staged file: {}", problem));
}

void require_size(std::size_t size) {
  if (size == 0) refuse("it is empty");
  if (size > max_staged_file_size)
    throw Error(Code::request_too_large,
                fmt::format("the staged file has {} bytes; at most {} are taken", size, max_staged_file_size));
}

void require_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = policy::utf8_character(text);
    if (size == 0 || text.front() == '\0') refuse("not UTF-8, or with a NUL character");
    text.remove_prefix(size);
  }
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, {}, [](unsigned char c) { return std::tolower(c); }, [](unsigned char c) { return std::tolower(c); });
}

// --- XML

// Without recursion: the depth is the file's to choose.
void require_bounded(const pugi::xml_document& document) {
  std::size_t depth = 1, elements = 0;
  for (pugi::xml_node node = document.first_child(); node;) {
    if (depth > max_depth) refuse(fmt::format("elements are nested more than {} deep", max_depth));
    if (node.type() == pugi::node_element && ++elements > max_elements)
      throw Error(Code::request_too_large, fmt::format("the staged file has more than {} elements", max_elements));
    if (node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (!node.next_sibling() && depth > 1) {
      node = node.parent();
      --depth;
    }
    node = node.next_sibling();
  }
}

void require_declaration(const pugi::xml_node& declaration) {
  const std::string_view encoding = declaration.attribute("encoding").as_string("utf-8");
  if (!same_word(encoding, "utf-8") && !same_word(encoding, "us-ascii"))
    refuse("its encoding is not UTF-8; remedy: convert it with iconv");
}

pugi::xml_node document_element(const pugi::xml_document& document) {
  pugi::xml_node root;
  for (const pugi::xml_node& node : document) {
    if (node.type() == pugi::node_doctype) refuse("it has a DOCTYPE; remedy: take it out, nothing in it is needed");
    if (node.type() == pugi::node_declaration) require_declaration(node);
    if (node.type() != pugi::node_element) continue;
    if (root) refuse("it has more than one document element");
    root = node;
  }
  return root;
}

// Most have one piece, whose bytes are those of the file; several come from CDATA sections.
void read_inline(const pugi::xml_node& element, std::string_view where, StagedFile& file) {
  std::size_t size = 0, pieces = 0;
  for (const pugi::xml_node& child : element) {
    if (child.type() == pugi::node_element) refuse(fmt::format("{}: an element inside of base64", where));
    size += std::string_view(child.value()).size();
    if (++pieces > max_pieces) refuse(fmt::format("{}: its text has more than {} pieces", where, max_pieces));
  }
  SecretBytes text(size);
  auto rest = text.span();
  for (const pugi::xml_node& child : element) {
    const auto piece = std::as_bytes(std::span(std::string_view(child.value())));
    std::ranges::copy(piece, rest.begin());
    rest = rest.subspan(piece.size());
  }
  read_text(text_of(text.view()), where, file);
}

void read_link(const pugi::xml_node& element, std::string_view where, StagedFile& file) {
  const std::string_view url = element.attribute("url").value();
  if (url.empty() || url.size() > max_url_length)
    refuse(fmt::format("{}: a URL has 1 to {} characters", where, max_url_length));
  if (element.attribute("type")) refuse(fmt::format("{}: both url and type are given", where));
  add_url(file, std::string(url));
}

void read_certificate(const pugi::xml_node& element, StagedFile& file) {
  const std::string where = fmt::format("the certificate at byte {}", element.offset_debug());
  if (element.attribute("url")) return read_link(element, where, file);
  if (!element.attribute("type")) refuse(fmt::format("{}: neither url nor type=\"base64\" is given", where));
  if (!same_word(element.attribute("type").value(), "base64"))
    refuse(fmt::format("{}: type \"{:.32}\" is not known; there is base64", where, element.attribute("type").value()));
  read_inline(element, where, file);
}

void read_certificates(const pugi::xml_node& list, StagedFile& file) {
  for (const pugi::xml_node& element : list.children("certificate")) read_certificate(element, file);
}

// Other elements are for the phone, and whoever else reads settings.
void read_settings(const pugi::xml_node& settings, StagedFile& file) {
  for (const pugi::xml_node& child : settings) {
    const std::string_view name = child.name();
    if (name == "certificates") read_certificates(child, file);
    if (name == "certificate") read_certificate(child, file);
    if (name == "setting-files") file.warnings.emplace_back("the files that <setting-files> names are not read");
  }
}

StagedFile read_document(const pugi::xml_node& root) {
  StagedFile file;
  const std::string_view name = root.name();
  if (name == "settings")
    read_settings(root, file);
  else if (name == "certificates")
    read_certificates(root, file);
  else if (name == "certificate")
    read_certificate(root, file);
  else
    refuse(fmt::format("<{:.64}> is not what is read; that is <settings>, <certificates> or <certificate>", name));
  if (file.certificates.empty() && file.urls.empty() && file.private_keys.empty())
    refuse("there is no certificate in it");
  return file;
}

// Parsed where it lies: private keys in it are wiped with the content.
StagedFile parse_xml(SecretBytes& content) {
  require_utf8(text_of(content.view()));
  pugi::xml_document document;
  const pugi::xml_parse_result result =
      document.load_buffer_inplace(content.span().data(), content.size(), parsing, pugi::encoding_utf8);
  if (!result) refuse(fmt::format("not well-formed XML: {} at byte {}", result.description(), result.offset));
  require_bounded(document);
  return read_document(document_element(document));
}

// Behind white space and the mark of UTF-8.
std::string_view beginning(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

StagedFile read_plain(ByteView content, const char* where) {
  StagedFile file;
  if (content[0] == std::byte{0x30})
    read_der(content, where, file);
  else if (looks_like_pem(text_of(content)))
    read_text(text_of(content), where, file);
  else
    throw Error(Code::invalid_argument, fmt::format("{}: neither XML nor a certificate as PEM or DER", where));
  if (file.certificates.empty() && file.private_keys.empty())
    throw Error(Code::invalid_argument, fmt::format("{}: there is no certificate in it", where));
  return file;
}

}  // namespace

StagedFile parse_staged_file(SecretBytes content) {
  require_size(content.size());
  const bool xml = beginning(text_of(content.view())).starts_with('<');
  return xml ? parse_xml(content) : read_plain(content.view(), "the staged file");
}

StagedFile parse_downloaded_certificates(ByteView content) {
  require_size(content.size());
  if (beginning(text_of(content)).starts_with('<'))
    throw Error(Code::invalid_argument, "what was downloaded is a page or another XML file, no certificate");
  return read_plain(content, "what was downloaded");
}

}  // namespace edgeseal::agent
