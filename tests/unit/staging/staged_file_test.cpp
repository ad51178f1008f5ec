#include "agent/staging/staged_file.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/error_code.h"
#include "tests/unit/staging/staged_text.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

namespace {

using agent::Code;
using agent::parse_staged_file;
using agent::StagedFile;

struct Fixture {
  Authority plant{"plant"}, office{"office"};
  std::string pem = certificate_pem(plant.certificate());
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

void refuse(const std::string& text, Code code = Code::invalid_argument) {
  BOOST_TEST_CONTEXT(text.substr(0, 200))
  BOOST_CHECK_EXCEPTION((void)parse_staged_file(secret(text)), agent::Error, has_code(code));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(staged_file, Fixture)

BOOST_AUTO_TEST_CASE(N5_both_shapes_are_read_nested_or_alone) {
  const std::string one = inline_certificate(pem), link = linked_certificate("https://plant.example.com/ca.DER");
  const std::string phone = "<phone-settings e=\"2\"><language perm=\"R\">English</language></phone-settings>";
  for (const std::string& text :
       {one, "<certificates>" + one + "</certificates>", "<settings>" + one + "</settings>",
        "<settings>" + phone + one + "</settings>", "<settings><certificates>" + one + "</certificates></settings>",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- stage -->\n<settings>" + phone + "<certificates>" + one +
            "</certificates><uploads/></settings>\n"}) {
    const StagedFile file = parse_staged_file(secret(text));
    BOOST_TEST_CONTEXT(text) BOOST_TEST((file.certificates == std::vector<Bytes>{plant.certificate()}));
    BOOST_TEST(file.urls.empty());
  }
  for (const std::string& text : {link, "<certificates>" + link + "</certificates>",
                                  "<settings>" + phone + "<certificates>" + link + "</certificates></settings>"})
    BOOST_TEST((parse_staged_file(secret(text)).urls == std::vector<std::string>{"https://plant.example.com/ca.DER"}));
}

BOOST_AUTO_TEST_CASE(H11_several_links_and_inline_certificates_stand_in_one_file) {
  const std::string text = "<settings><certificates>" + linked_certificate("https://a.example.com/1.der") +
                           linked_certificate("https://a.example.com/2.der") +
                           linked_certificate("https://a.example.com/1.der") + "</certificates>" +
                           inline_certificate(pem) + inline_certificate(certificate_pem(office.certificate())) +
                           inline_certificate(pem) + "</settings>";
  const StagedFile file = parse_staged_file(secret(text));
  BOOST_TEST((file.urls == std::vector<std::string>{"https://a.example.com/1.der", "https://a.example.com/2.der"}));
  BOOST_TEST((file.certificates == std::vector<Bytes>{plant.certificate(), office.certificate()}));
}

BOOST_AUTO_TEST_CASE(N8_base64_has_lines_or_none_and_any_white_space) {
  const std::string indented = replaced("\n" + pem, "\n", "\r\n\t    ");
  for (const std::string& text :
       {pem, bare(pem), replaced(pem, "\n", "\r\n"), replaced(bare(pem), "\n", ""), replaced(bare(pem), "\n", "\r\n  "),
        indented, "<![CDATA[" + pem + "]]>", pem.substr(0, 60) + "<!-- -->" + pem.substr(60),
        replaced(pem, "CERTIFICATE", "X509 CERTIFICATE"), replaced(bare(pem), "M", "&#77;"), "\n\n" + bare(pem) + "\n"})
    BOOST_TEST_CONTEXT(text)
  BOOST_TEST(
      (parse_staged_file(secret(inline_certificate(text))).certificates == std::vector<Bytes>{plant.certificate()}));
}

BOOST_AUTO_TEST_CASE(N8_another_type_or_none_is_refused) {
  for (const std::string& text :
       {"<certificate type=\"hex\">" + bare(pem) + "</certificate>", "<certificate>" + pem + "</certificate>",
        std::string("<certificate type=\"base64\"></certificate>"),
        std::string("<certificate type=\"base64\" url=\"https://a.example.com/\">TUlJ</certificate>"),
        std::string("<certificate url=\"\"/>"), inline_certificate("not base64!"), inline_certificate("TUlJ"),
        inline_certificate(pem.substr(0, pem.size() / 2)), inline_certificate("-----BEGIN CERTIFICATE-----"),
        inline_certificate("<b>" + bare(pem) + "</b>"), inline_certificate(bare(pem).substr(0, 100))})
    refuse(text);
}

BOOST_AUTO_TEST_CASE(H10_a_certificate_alone_is_read_as_PEM_or_DER) {
  const Bytes& der = plant.certificate();
  const auto as_text = std::string(reinterpret_cast<const char*>(der.data()), der.size());
  for (const std::string& text : {pem, as_text, "\xef\xbb\xbf" + pem, "Subject: CN=plant\n" + pem})
    BOOST_TEST((parse_staged_file(secret(text)).certificates == std::vector<Bytes>{der}));
  BOOST_TEST(parse_staged_file(secret(pem + certificate_pem(office.certificate()))).certificates.size() == 2u);
  refuse("no certificate");
  refuse(std::string(1, '\x30'));
}

BOOST_AUTO_TEST_CASE(N9_private_keys_of_every_form_are_told_from_certificates) {
  const agent::PublicKeyPtr rsa(EVP_RSA_gen(2048)), curve(EVP_EC_gen("P-256"));
  for (const std::string& key :
       {traditional_key_pem(*rsa), traditional_key_pem(*curve), pkcs8_key_pem(*rsa), pkcs8_key_pem(*curve)}) {
    const StagedFile file = parse_staged_file(secret(inline_certificate(pem + key)));
    BOOST_TEST((file.certificates == std::vector<Bytes>{plant.certificate()}));
    BOOST_TEST(file.private_keys.size() == 1u);
    BOOST_TEST(parse_staged_file(secret(inline_certificate(bare(key)))).private_keys.size() == 1u);
  }
  const std::string foreign = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
  BOOST_TEST(parse_staged_file(secret(inline_certificate(pem + foreign))).private_keys.size() == 1u);
  const std::string encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
  const StagedFile file = parse_staged_file(secret(inline_certificate(pem + encrypted)));
  BOOST_TEST(file.private_keys.empty());
  BOOST_TEST(file.warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(N16_entities_and_document_types_are_refused) {
  for (const std::string& text :
       {std::string("<!DOCTYPE settings><settings/>"),
        std::string(
            "<!DOCTYPE c [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><certificate type=\"base64\">&x;</certificate>"),
        "<!DOCTYPE c [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" + inline_certificate("&b;"),
        "<!DOCTYPE c SYSTEM \"http://192.0.2.1/evil.dtd\">" + inline_certificate(pem),
        std::string("<settings><!DOCTYPE c></settings>"), inline_certificate("&x;" + bare(pem)),
        std::string("<certificates xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include "
                    "href=\"/etc/passwd\"/></certificates>")})
    refuse(text);
}

BOOST_AUTO_TEST_CASE(N16_what_is_not_well_formed_is_refused) {
  for (const std::string& text :
       {std::string("<"), std::string("<certificates>"), std::string("<certificates><certificate></certificates>"),
        std::string("<settings/><settings/>"), std::string("<settings></settings>"),
        std::string("<html><body/></html>"), inline_certificate(pem) + inline_certificate(pem),
        "<certificate type=\"base64\">" + pem,
        std::string("<?xml version=\"1.0\" encoding=\"UTF-16\"?>") + inline_certificate(pem),
        std::string("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>") + inline_certificate(pem)})
    refuse(text);
  refuse("");
}

BOOST_AUTO_TEST_CASE(N16_other_encodings_and_NUL_are_refused) {
  const std::string text = inline_certificate(pem);
  std::string utf16 = "\xff\xfe";
  for (const char c : text) utf16 += {c, '\0'};
  refuse(utf16);
  refuse(utf16.substr(2));
  refuse(text + std::string(1, '\0'));
  refuse("<settings>" + std::string(1, '\0') + text + "</settings>");
  for (const char* bad :
       {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "\xc3"})
    refuse("<settings><language>" + std::string(bad) + "</language>" + text + "</settings>");
  const std::string good = "<settings><name>\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80</name>" + text + "</settings>";
  BOOST_TEST(parse_staged_file(secret(good)).certificates.size() == 1u);
}

BOOST_AUTO_TEST_CASE(N16_what_is_too_large_deep_or_many_is_refused) {
  refuse("<settings>" + std::string(10 << 20, ' ') + "</settings>", Code::request_too_large);
  std::string many = "<certificates>", deep, links = "<certificates>", blocks;
  for (int i = 0; i < 10000; ++i) many += "<certificate/>";
  refuse(many + "</certificates>", Code::request_too_large);
  for (int i = 0; i < 40000; ++i) deep += "<a>";
  refuse(deep);
  for (int i = 0; i < 17; ++i) blocks = "<a>" + blocks + "</a>";
  refuse("<settings>" + blocks + inline_certificate(pem) + "</settings>");
  for (int i = 0; i < 33; ++i) links += linked_certificate("https://a.example.com/" + std::to_string(i));
  refuse(links + "</certificates>", Code::request_too_large);
  BOOST_CHECK_EXCEPTION((void)parse_staged_file(secret(links + "</certificates>")), agent::Error,
                        [](const agent::Error& error) {
                          return std::string(error.what()).find("32 certificates, URLs and keys") != std::string::npos;
                        });
  blocks.clear();
  for (int i = 0; i < 65; ++i) blocks += pem;
  refuse(inline_certificate(blocks), Code::request_too_large);
  refuse(linked_certificate("https://a.example.com/" + std::string(3000, 'a')));
  Bytes large(17 * 1024, std::byte{0x30});
  refuse(inline_certificate(certificate_pem(large)), Code::request_too_large);
}

BOOST_AUTO_TEST_CASE(N6_what_was_downloaded_is_told_by_its_content) {
  const Bytes& der = plant.certificate();
  BOOST_TEST((agent::parse_downloaded_certificates(der).certificates == std::vector<Bytes>{der}));
  BOOST_TEST(
      (agent::parse_downloaded_certificates(std::as_bytes(std::span(pem))).certificates == std::vector<Bytes>{der}));
  for (const std::string& text :
       {std::string("<html>404</html>"), std::string("Not Found"), inline_certificate(pem), std::string()})
    BOOST_CHECK_EXCEPTION((void)agent::parse_downloaded_certificates(std::as_bytes(std::span(text))), agent::Error,
                          has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
