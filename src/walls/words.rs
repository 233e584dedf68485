//! What walls say and load, in lower case, in the languages of most feeds.

/// What only the walls of content networks and of their like load or say, in lower case.
pub(super) const CHALLENGES: &[&str] = &[
    "_cf_chl_opt",
    "cf-browser-verification",
    "challenge-error-text",
    "captcha-delivery.com",
    "px-captcha",
    "incapsula incident id",
    "sucuri_cloudproxy_js",
    "awswafintegration",
    "awswafcookiedomainlist",
    "anubis_challenge",
    "errors.edgesuite.net",
];

/// The titles and headings of checks.
pub(super) const CHALLENGE_TITLES: &[&str] = &[
    "just a moment",
    "attention required",
    "checking your browser",
    "verifying your browser",
    "verify you are human",
    "verifying you are human",
    "human verification",
    "are you a robot",
    "are you human",
    "robot check",
    "not a bot",
    "not a robot",
    "bot verification",
    "security check",
    "ddos protection",
    "ddos-guard",
    "pardon our interruption",
    "access to this page has been denied",
    "un instant",
    "einen moment",
    "un momento",
    "один момент",
];

/// What checks say to who runs no scripts.
pub(super) const CHALLENGE_WORDS: &[&str] = &[
    "enable javascript and cookies to continue",
    "please enable js and disable any ad blocker",
    "please turn javascript on and reload",
    "checking if the site connection is secure",
];

/// The parts of pages that show a captcha.
pub(super) const CAPTCHAS: &[&str] = &[
    "g-recaptcha",
    "h-captcha",
    "cf-turnstile",
    "friendlycaptcha",
    "captcha",
];

/// How titles and headings of login pages begin or what they are, in the languages of most feeds.
pub(super) const LOGINS: &[&str] = &[
    "log in",
    "login",
    "log on",
    "sign in",
    "sign-in",
    "signin",
    "single sign-on",
    "anmelden",
    "anmeldung",
    "einloggen",
    "connexion",
    "se connecter",
    "iniciar sesión",
    "inicia sesión",
    "entrar",
    "accedi",
    "inloggen",
    "aanmelden",
    "logga in",
    "logg inn",
    "log ind",
    "zaloguj",
    "logowanie",
    "přihlášení",
    "войти",
    "вход",
    "увійти",
    "giriş",
    "ログイン",
    "登录",
    "登入",
    "로그인",
    "تسجيل الدخول",
];

/// The titles and headings of pages that ask for consent.
pub(super) const CONSENTS: &[&str] = &[
    "before you continue",
    "bevor sie fortfahren",
    "bevor du fortfährst",
    "avant de continuer",
    "antes de continuar",
    "prima di continuare",
    "voordat je verdergaat",
    "cookie consent",
    "cookie wall",
    "cookiewall",
    "we value your privacy",
    "privacy gate",
    "privacy-gate",
    "age verification",
    "verify your age",
    "consent required",
    "mit werbung und tracking",
];

/// What titles and headings say of what is not there.
pub(super) const MISSING: &[&str] = &[
    "not found",
    "can't be found",
    "cannot be found",
    "could not be found",
    "couldn't be found",
    "does not exist",
    "doesn't exist",
    "no longer available",
    "nicht gefunden",
    "nicht mehr verfügbar",
    "introuvable",
    "non trouvée",
    "no encontrada",
    "no se encontró",
    "não encontrada",
    "non trovata",
    "niet gevonden",
    "hittades inte",
    "ikke fundet",
    "ikke funnet",
    "nie znaleziono",
    "nenalezena",
    "не найден",
    "не знайден",
    "bulunamadı",
    "見つかりません",
    "找不到",
    "未找到",
    "찾을 수 없",
];

/// What is said where a domain is for sale, or where nobody has put anything.
pub(super) const PARKED: &[&str] = &[
    "domain is for sale",
    "domain may be for sale",
    "domain name is for sale",
    "buy this domain",
    "domain is parked",
    "parked domain",
    "parked free",
    "domain has expired",
    "domain steht zum verkauf",
    "domain kaufen",
    "domaine est à vendre",
    "dominio está en venta",
    "dominio en venta",
    "dominio è in vendita",
    "domein is te koop",
    "домен продается",
    "домен продаётся",
    "域名出售",
    "域名正在出售",
    "ドメインは売り出し中",
];

/// What is said of a site that its host has shut.
pub(super) const SUSPENDED: &[&str] = &[
    "account suspended",
    "account has been suspended",
    "site suspended",
    "site has been suspended",
    "website suspended",
    "bandwidth limit exceeded",
];

/// What is said of a site that is being worked on.
pub(super) const MAINTENANCE: &[&str] = &[
    "under maintenance",
    "scheduled maintenance",
    "maintenance mode",
    "down for maintenance",
    "briefly unavailable",
    "wartungsarbeiten",
    "wartungsmodus",
    "en maintenance",
    "en mantenimiento",
    "em manutenção",
    "in manutenzione",
    "in onderhoud",
    "технические работы",
    "メンテナンス",
];
