//! Forms for readers' comments, which scrapers copy off pages.
//!
//! Written for WordPress core's `comment_form`, the hidden validation lines of tagDiv's Newspaper theme,
//! Disqus, Facebook and Jetpack comments. A phrase counts only as a whole block; labels (`Name *`) only in
//! a run behind a heading or a prompt; the run stops at prose.

use super::blocks::Block;
use super::names::Family;
use super::scrub::{Cut, Scrub};
use super::structure::{remove_containers, remove_named};
use super::telling;
use super::words::{Kind, Lexicon, NUMBER, Stems};
use std::sync::LazyLock;

/// A prompt that nothing but a form says.
const STRONG: Kind = 1;
/// A heading that stands above a form, but may stand elsewhere.
const HEADING: Kind = 2;
/// A label of a form.
const LABEL: Kind = 3;

#[rustfmt::skip]
const STRONG_PHRASES: &[&str] = &[
    // en: WordPress core, tagDiv, Disqus, Facebook, Jetpack, Blogger, Drupal
    "please enter your comment", "please enter your name here", "you have entered an incorrect email address",
    "please enter your email address here", "leave a reply", "cancel reply", "click here to cancel reply",
    "your email address will not be published", "your email is never published nor shared", "required fields are marked", "required fields are marked as",
    "save my name email and website in this browser for the next time i comment", "save my name and email in this browser for the next time i comment",
    "please log in to leave a comment", "please login to leave a comment", "log in to leave a comment", "you must be logged in to post a comment",
    "you must log in to post a comment", "you must be logged in to comment", "log in to post comments", "login or register to post comments", "log in or register to post comments", "sign in to comment", "please sign in to comment",
    "this site uses akismet to reduce spam", "learn how your comment data is processed", "learn how your comment data are processed",
    "please enable javascript to view the comments powered by disqus", "please enable javascript to view the comments powered by facebook", "please enable javascript to view the comments powered by disqus blog comments powered by disqus",
    "comments powered by disqus", "blog comments powered by disqus", "loading facebook comments", "loading comments", "you must enable javascript to be able to comment", "comments are closed", "comments are off for this post", "comments are disabled",
    "comments have been disabled for this post", "notify me of follow up comments by email", "notify me of new posts by email", "notify me of followup comments via e mail", "notify me of new comments via email", "be the first to comment", "be the first to leave a comment", "no comments yet",
    "fill in your details below or click an icon to log in", "enter your comment here", "post comment", "submit comment", "write a comment", "leave your comment", "leave a comment below", "you may use these html tags and attributes",
    "email will not be published", "will not be published", "email address will not be published", "join the discussion", "be the first to review", "currently you have javascript disabled in order to post comments please make sure javascript and cookies are enabled and reload the page",
    // de
    "bitte geben sie ihren kommentar ein", "bitte gib deinen kommentar ein", "bitte geben sie hier ihren namen ein", "bitte gib hier deinen namen ein", "sie haben eine falsche e mail adresse eingegeben",
    "du hast eine falsche e mail adresse eingegeben", "bitte geben sie hier ihre e mail adresse ein", "bitte gib hier deine e mail adresse ein", "kommentieren sie den artikel", "antwort abbrechen", "antworten abbrechen", "schreibe einen kommentar", "schreiben sie einen kommentar",
    "hinterlasse einen kommentar", "hinterlassen sie einen kommentar", "hinterlasse eine antwort", "hinterlassen sie eine antwort", "deine e mail adresse wird nicht veröffentlicht", "ihre e mail adresse wird nicht veröffentlicht", "erforderliche felder sind mit markiert", "erforderliche felder sind markiert",
    "meinen namen e mail und website in diesem browser speichern bis ich wieder kommentiere", "meinen namen meine e mail adresse und meine website in diesem browser für die nächste kommentierung speichern", "speichern sie meinen namen meine e mail adresse und meine website für den nächsten kommentar in diesem browser",
    "diese website verwendet akismet um spam zu reduzieren", "erfahre mehr darüber wie deine kommentardaten verarbeitet werden", "erfahre wie deine kommentardaten verarbeitet werden", "kommentar abschicken", "kommentar absenden", "du musst angemeldet sein um einen kommentar abzugeben", "kommentare sind geschlossen", "die kommentare sind geschlossen", "die kommentarfunktion ist geschlossen",
    "benachrichtige mich über nachfolgende kommentare via e mail", "benachrichtige mich über neue beiträge via e mail", "mit der nutzung dieses formulars erklärst du dich mit der speicherung und verarbeitung deiner daten durch diese website einverstanden", "sei der erste der kommentiert",
    // fr
    "laisser un commentaire", "laissez un commentaire", "laisser une réponse", "laissez une réponse", "annuler la réponse", "annuler le commentaire", "cliquez ici pour annuler la réponse", "votre adresse de messagerie ne sera pas publiée", "votre adresse e mail ne sera pas publiée", "votre adresse email ne sera pas publiée", "les champs obligatoires sont indiqués avec", "les champs obligatoires sont marqués avec",
    "enregistrer mon nom mon e mail et mon site dans le navigateur pour mon prochain commentaire", "enregistrer mon nom mon e mail et mon site web dans le navigateur pour mon prochain commentaire", "ce site utilise akismet pour réduire les indésirables", "en savoir plus sur comment les données de vos commentaires sont utilisées", "en savoir plus sur la façon dont les données de vos commentaires sont traitées", "réagir à cet article", "sil vous plaît entrez votre commentaire", "veuillez saisir votre commentaire", "sil vous plaît entrez votre nom ici", "vous avez entré une adresse email incorrecte", "veuillez entrer votre adresse email ici", "sil vous plaît entrez votre adresse email ici", "les commentaires sont fermés", "vous devez vous connecter pour publier un commentaire", "vous devez être connecté pour laisser un commentaire", "avertissez moi par e mail des nouveaux commentaires", "avertissez moi par e mail des nouveaux articles", "laisser un commentaire abonné",
    // es
    "deja una respuesta", "dejar una respuesta", "deja un comentario", "dejar un comentario", "dejar respuesta", "cancelar respuesta", "cancelar la respuesta", "tu dirección de correo electrónico no será publicada", "su dirección de correo electrónico no será publicada", "los campos obligatorios están marcados con", "los campos necesarios están marcados", "por favor ingrese su comentario", "por favor ingrese su nombre aquí", "ha introducido una dirección de correo electrónico incorrecta", "por favor ingrese su dirección de correo electrónico aquí", "guarda mi nombre correo electrónico y web en este navegador para la próxima vez que comente", "guardar mi nombre correo electrónico y sitio web en este navegador la próxima vez que comente", "este sitio usa akismet para reducir el spam", "este sitio utiliza akismet para reducir el spam", "aprende cómo se procesan los datos de tus comentarios", "conoce cómo se procesan los datos de tus comentarios", "para comentar debes registrarte y completar los datos generales", "para comentar debes registrarte", "publicar comentario", "publicar el comentario", "lo siento debes estar conectado para publicar un comentario", "los comentarios están cerrados", "recibir un email con los siguientes comentarios a esta entrada", "recibir un email con cada nueva entrada", "por favor introduzca su comentario",
    // pt
    "deixe um comentário", "deixe uma resposta", "deixar um comentário", "deixar uma resposta", "cancelar resposta", "o seu endereço de e mail não será publicado", "o seu endereço de email não será publicado", "seu endereço de e mail não será publicado", "campos obrigatórios são marcados com", "campos obrigatórios marcados com", "salvar meus dados neste navegador para a próxima vez que eu comentar", "guardar o meu nome email e site neste navegador para a próxima vez que eu comentar", "por favor digite seu comentário", "por favor digite seu nome aqui", "você digitou um endereço de e mail incorreto", "por favor digite seu endereço de e mail aqui", "este site utiliza o akismet para reduzir spam", "este site utiliza o akismet para reduzir o spam", "saiba como seus dados em comentários são processados", "fica a saber como são processados os dados dos comentários", "publicar comentário", "os comentários estão fechados", "notifique me sobre novos comentários por e mail", "notifique me sobre novas publicações por e mail",
    // it
    "lascia un commento", "lascia una risposta", "annulla risposta", "il tuo indirizzo email non sarà pubblicato", "i campi obbligatori sono contrassegnati", "per favore inserisci il tuo commento", "per favore inserisci il tuo nome qui", "per favore inserisci il tuo nome", "hai inserito un indirizzo email errato", "per favore inserisci il tuo indirizzo email qui", "salva il mio nome email e sito web in questo browser per la prossima volta che commento", "questo sito usa akismet per ridurre lo spam", "questo sito utilizza akismet per ridurre lo spam", "scopri come i tuoi dati vengono elaborati", "scopri come vengono elaborati i dati derivati dai commenti", "invia commento", "i commenti sono chiusi", "devi essere connesso per inviare un commento",
    // nl
    "geef een reactie", "laat een reactie achter", "plaats een reactie", "reactie annuleren", "annuleer reactie", "je e mailadres wordt niet gepubliceerd", "het e mailadres wordt niet gepubliceerd", "uw e mailadres wordt niet gepubliceerd", "vereiste velden zijn gemarkeerd met", "verplichte velden zijn gemarkeerd met", "mijn naam e mail en site bewaren in deze browser voor de volgende keer wanneer ik een reactie plaats", "mijn naam e mailadres en website opslaan in deze browser voor de volgende keer wanneer ik een reactie plaats", "vul alstublieft uw commentaar in", "vul alstublieft uw naam in", "deze site gebruikt akismet om spam te verminderen", "bekijk hoe je reactie gegevens worden verwerkt", "bekijk hoe je reactie gegevens worden verwerkt", "reactie plaatsen", "reacties zijn gesloten",
    // pl
    "dodaj komentarz", "zostaw komentarz", "zostaw odpowiedź", "anuluj odpowiedź", "anuluj pisanie odpowiedzi", "kliknij tutaj aby anulować odpowiadanie", "twój adres e mail nie zostanie opublikowany", "twój adres email nie zostanie opublikowany", "pola których wypełnienie jest wymagane są oznaczone symbolem", "wymagane pola są oznaczone", "zapamiętaj moje dane w tej przeglądarce podczas pisania kolejnych komentarzy", "zapisz moje dane adres e mail i witrynę w przeglądarce aby wypełnić dane podczas pisania kolejnych komentarzy", "ta strona używa akismet do redukcji spamu", "dowiedz się w jaki sposób przetwarzane są dane twoich komentarzy", "dowiedz się więcej jak przetwarzane są dane komentarzy", "proszę wpisać swój komentarz", "proszę podać swoje imię tutaj", "podałeś nieprawidłowy adres e mail", "nie będzie opublikowany", "komentarze są wyłączone", "opublikuj komentarz", "skomentuj lub udostępnij",
    // ru, uk
    "добавить комментарий", "оставить комментарий", "оставьте комментарий", "оставить ответ", "отменить ответ", "отмена ответа", "ваш адрес email не будет опубликован", "ваш e mail не будет опубликован", "обязательные поля помечены", "сохранить моё имя email и адрес сайта в этом браузере для последующих моих комментариев", "этот сайт использует akismet для борьбы со спамом", "узнайте как обрабатываются ваши данные комментариев", "пожалуйста введите ваш комментарий", "пожалуйста введите ваше имя", "вы ввели неверный адрес электронной почты", "для отправки комментария вам необходимо авторизоваться", "комментарии закрыты", "отправить комментарий",
    "залишити відповідь", "залишити коментар", "скасувати відповідь", "скасувати коментар", "ваша e mail адреса не оприлюднюватиметься", "ваша електронна адреса не буде опублікована", "обовязкові поля позначені", "зберегти моє імя e mail та адресу сайту в цьому браузері для моїх подальших коментарів",
    // tr
    "bir yanıt yazın", "bir cevap yazın", "yanıtı iptal et", "cevabı iptal et", "yorum yapın", "yorum yaz", "e posta adresiniz yayınlanmayacak", "e posta hesabınız yayımlanmayacak", "gerekli alanlar ile işaretlenmişlerdir", "gerekli alanlar ile işaretlenmiştir", "daha sonraki yorumlarımda kullanılması için adım e posta adresim ve site adresim bu tarayıcıya kaydedilsin", "lütfen yorumunuzu giriniz", "lütfen yorum giriniz", "lütfen isminizi buraya giriniz", "yanlış bir e posta adresi girdiniz",
    // id, ms
    "tinggalkan balasan", "tinggalkan komentar", "batalkan balasan", "alamat email anda tidak akan dipublikasikan", "ruas yang wajib ditandai", "simpan nama email dan situs web saya pada peramban ini untuk komentar saya berikutnya", "silakan masukkan komentar anda", "silakan masukkan nama anda di sini", "silahkan masukkan komentar anda", "silahkan masukkan nama anda di sini", "situs ini menggunakan akismet untuk mengurangi spam", "pelajari bagaimana data komentar anda diproses", "tinggalkan balasan anda", "batal balas",
    // vi
    "để lại một bình luận", "trả lời hủy", "hủy trả lời", "email của bạn sẽ không được hiển thị công khai", "các trường bắt buộc được đánh dấu", "lưu tên của tôi email và trang web trong trình duyệt này cho lần bình luận kế tiếp của tôi", "để lại bình luận", "vui lòng nhập bình luận của bạn", "vui lòng nhập tên của bạn ở đây", "để lại một câu trả lời",
    // ja
    "コメントを残す", "コメントをキャンセル", "コメントする", "返信をキャンセル", "返信をキャンセルする", "コメントを書く", "コメントを投稿", "コメントを投稿する", "メールアドレスが公開されることはありません", "が付いている欄は必須項目です", "次回のコメントで使用するためブラウザーに自分の名前 メールアドレス サイトを保存する", "このサイトはスパムを低減するために akismet を使っています", "コメントデータの処理方法の詳細はこちらをご覧ください", "新しいコメントをメールで通知", "新しい投稿をメールで受け取る", "コメントは受け付けていません",
    // zh
    "发表评论", "发表回复", "取消回复", "电子邮件地址不会被公开", "您的邮箱地址不会被公开", "您的电子邮箱地址不会被公开", "必填项已用标注", "必填项已用 标注", "在此浏览器中保存我的显示名称 邮箱地址和网站地址 以便下次评论时使用", "请输入您的评论", "请在这里输入您的名字", "發佈留言", "發表迴響", "取消回覆", "發佈留言必須填寫的電子郵件地址不會公開", "電子郵件地址不會被公開", "必填欄位標示為", "在瀏覽器中儲存顯示名稱 電子郵件地址及個人網站網址 以供下次發佈留言時使用", "我要评论", "登录后发表评论",
    // ko
    "댓글 남기기", "댓글 달기", "답글 남기기", "응답 취소", "댓글 취소", "이메일 주소는 공개되지 않습니다", "필수 필드는 로 표시됩니다", "필수 항목은 로 표시합니다", "다음 번 댓글 작성을 위해 이 브라우저에 이름 이메일 그리고 웹사이트를 저장합니다",
    // ar, fa, he
    "اترك تعليقاً", "اترك تعليقا", "اترك رد", "اترك ردا", "اترك رداً", "إلغاء الرد", "لن يتم نشر عنوان بريدك الإلكتروني", "الحقول الإلزامية مشار إليها بـ", "احفظ اسمي بريدي الإلكتروني والموقع الإلكتروني في هذا المتصفح لاستخدامها المرة المقبلة في تعليقي", "أضف تعليق", "أضف تعليقا", "الرجاء إدخال تعليقك", "الرجاء إدخال اسمك هنا", "دیدگاهتان را بنویسید", "لغو پاسخ", "نشانی ایمیل شما منتشر نخواهد شد", "بخش‌های موردنیاز علامت‌گذاری شده‌اند", "להגיב", "כתיבת תגובה", "לבטל", "האימייל לא יוצג באתר", "שדות החובה מסומנים",
    // hi, bn
    "एक जवाब छोड़ें", "जवाब छोड़ें", "उत्तर छोड़ें", "उत्तर रद्द करें", "जवाब रद्द करें", "टिप्पणी करे", "टिप्पणी करें", "एक टिप्पणी छोड़ें", "आपका ईमेल पता प्रकाशित नहीं किया जाएगा", "आवश्यक फ़ील्ड चिह्नित हैं", "कृपया अपनी टिप्पणी दर्ज करें", "कृपया अपना नाम यहाँ दर्ज करें", "कृपया अपना नाम यहां दर्ज करें", "মন্তব্য করুন", "আপনার ই মেইল এ্যাড্রেস প্রকাশিত হবে না",
    // sv, da, no, fi
    "lämna ett svar", "lämna en kommentar", "avbryt svar", "din e postadress kommer inte publiceras", "obligatoriska fält är märkta", "spara mitt namn min e postadress och webbplats i denna webbläsare till nästa gång jag skriver en kommentar", "skriv ett svar", "skriv en kommentar",
    "skriv et svar", "annuller svar", "din e mailadresse vil ikke blive publiceret", "krævede felter er markeret med", "efterlad et svar", "efterlad en kommentar", "legg igjen en kommentar", "legg igjen et svar", "avbryt svar", "din e postadresse vil ikke bli publisert", "obligatoriske felt er merket med", "vastaa", "peruuta vastaus", "jätä kommentti", "sähköpostiosoitettasi ei julkaista", "pakolliset kentät on merkitty",
    // cs, sk, hu, ro, el
    "napsat komentář", "napsat odpověď", "zanechat odpověď", "zrušit odpověď na komentář", "zrušit odpověď", "vaše e mailová adresa nebude zveřejněna", "vyžadované informace jsou označeny", "uložit do prohlížeče jméno e mail a webovou stránku pro budoucí komentáře", "pridaj komentár", "zrušiť odpoveď", "vaša e mailová adresa nebude zverejnená", "vyžadované polia sú označené",
    "vélemény hozzászólás bejelentkezés", "hozzászólás írása", "válasz megszakítása", "az e mail címet nem tesszük közzé", "a kötelező mezőket karakterrel jelöltük", "a kötelező mezőket jelöltük", "lasă un răspuns", "lasă un comentariu", "lăsați un răspuns", "anulează răspunsul", "adresa ta de email nu va fi publicată", "câmpurile obligatorii sunt marcate cu", "αφήστε μια απάντηση", "ακύρωση απάντησης", "η ηλ διεύθυνση σας δεν δημοσιεύεται", "τα υποχρεωτικά πεδία σημειώνονται με", "η διεύθυνση email σας δεν θα δημοσιευθεί",
];

/// How a policy for comments begins, where it stands behind the story.
#[rustfmt::skip]
const POLICIES: &[&str] = &[
    "comments are moderated", "all comments are moderated", "comments will be moderated", "comments are subject to", "please keep comments", "please keep your comments", "please be respectful", "please stay on topic", "by posting a comment", "by commenting you agree", "by submitting your comment", "our comment policy", "read our comment policy", "read our commenting policy", "we welcome comments", "we welcome your comments", "the comments below are", "you must be a registered user", "this comment has been removed by",
    "die redaktion behält sich vor", "bitte beachten sie unsere netiquette", "bitte beachte unsere netiquette", "bitte bleiben sie sachlich", "mit dem absenden ihres kommentars", "mit absenden des kommentars", "diese kommentare geben nicht", "les commentaires sont modérés", "les commentaires sont soumis", "merci de respecter", "votre commentaire sera", "avant de poster", "comentarios sujetos a", "este es un espacio de participación", "esta web se reserva", "comentários não refletem", "ao comentar você", "i commenti sono moderati", "i commenti in questa pagina", "houd het netjes", "komentarze publikowane", "redakcja nie ponosi odpowiedzialności za", "portal nie ponosi odpowiedzialności", "публикуя комментарий", "комментарии модерируются", "редакция не несет ответственности", "редакція не несе відповідальності", "yapılan yorumlardan", "bình luận sẽ được", "コメントは承認", "スパム対策のため", "评论内容仅代表", "网友评论仅供", "文明上网", "請勿發表", "التعليقات المنشورة",
    "los comentarios publicados son", "los comentarios son responsabilidad", "kommentare werden moderiert", "kommentare werden vor", "yorumlar onaylandıktan", "komentar adalah tanggapan", "ترحب شبكة cnn بالنقاش",
];

static POLICIES_STEMS: LazyLock<Stems> = LazyLock::new(|| Stems::new(POLICIES));

#[rustfmt::skip]
const HEADING_PHRASES: &[&str] = &[
    "comments", "comment", "facebook comments", "leave a comment", "leave comment", "post a comment", "add a comment", "add comment", "add a review", "reader comments", "join the conversation", "view comments", "show comments", "read comments", "comments rss", "discussion", "reply", "replies", "house rules", "commenting policy",
    "kommentare", "kommentar", "kommentieren", "commentaires", "commentaire", "commenter", "comentarios", "comentario", "comentar", "comentários", "comentário", "commenti", "commento", "commenta", "reacties", "reactie", "komentarze", "komentarz", "skomentuj", "komentuj", "комментарии", "комментарий", "коментарі", "yorumlar", "yorum", "komentar", "bình luận", "コメント", "评论", "評論", "留言", "댓글", "التعليقات", "تعليقات", "تعليق", "टिप्पणियां", "टिप्पणी", "kommentarer", "kommentit", "komentáře", "hozzászólások", "comentarii", "σχόλια", "no comments", "keine kommentare", "pas de commentaire", "aucun commentaire", "sin comentarios", "sem comentários", "nessun commento", "no comments to show",
];

#[rustfmt::skip]
const LABEL_PHRASES: &[&str] = &[
    "name", "your name", "email", "e mail", "mail", "email address", "your email", "your email address", "website", "web site", "url", "comment", "your comment", "message", "submit", "send", "post", "optional", "required", "reset", "captcha", "δ", "save", "notify me", "anonymous", "subject", "phone",
    "name erforderlich", "e mail adresse", "webseite", "kommentar", "senden", "absenden", "abschicken", "pflichtfeld", "erforderlich", "nom", "prénom", "adresse de messagerie", "adresse e mail", "courriel", "site web", "site internet", "site", "commentaire", "envoyer", "publier", "nombre", "correo electrónico", "correo", "web", "sitio web", "comentario", "enviar", "nome", "e mail obrigatório", "comentário", "sito web", "sito", "commento", "invia", "indirizzo email", "naam", "e mailadres", "reactie", "verzenden", "imię", "wymagane", "adres e mail", "witryna internetowa", "komentarz", "wyślij", "nazwa", "podpis", "имя", "комментарий", "сайт", "отправить", "імя", "коментар", "isim", "ad", "e posta", "yorum", "i̇nternet sitesi", "nama", "situs web", "komentar", "tên", "trang web", "bình luận", "名前", "メール", "メールアドレス", "サイト", "ウェブサイト", "コメント", "名称", "姓名", "邮箱", "电子邮箱地址", "电子邮件", "站点", "网站", "网址", "评论", "顯示名稱", "電子郵件地址", "個人網站網址", "留言", "이름", "이메일", "웹사이트", "댓글", "الاسم", "البريد الإلكتروني", "الموقع الإلكتروني", "التعليق", "नाम", "ईमेल", "वेबसाइट", "टिप्पणी", "namn", "e post", "webbplats", "navn", "nettsted", "websted", "nimi", "sähköpostiosoite", "kotisivu", "jméno", "e mail", "webová stránka", "komentář", "név", "honlap", "hozzászólás", "nume", "όνομα", "ιστότοπος",
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    Lexicon::new(
        &[
            (STRONG, STRONG_PHRASES),
            (HEADING, HEADING_PHRASES),
            (LABEL, LABEL_PHRASES),
        ],
        false,
    )
});

/// How many lines of something else may stand behind the heading of a form.
const OTHERS_MAX: usize = 2;

/// Removes comment forms by structure, then by phrase.
pub(super) fn forms(scrub: &mut Scrub<'_>) {
    remove_named(scrub, Family::Comments);
    let forms = scrub.elements(&["form"]);
    let asking = forms.into_iter().filter(|id| asks(scrub, *id)).collect();
    remove_containers(scrub, asking, "form", "asks for an address or a text");
    let cuts = runs(&scrub.blocks().list);
    scrub.cut(cuts);
    let blocks = scrub.blocks();
    let story_end = blocks.last_prose(|block| !is_policy(block));
    let policies = blocks
        .list
        .iter()
        .enumerate()
        .filter(|(at, block)| story_end.is_some_and(|end| *at > end) && is_policy(block));
    let cuts = policies.map(|(at, _)| {
        Cut::new(
            vec![at],
            "comment policy",
            "says behind the story how to comment",
        )
    });
    let cuts = cuts.collect();
    scrub.cut(cuts);
}

fn is_policy(block: &Block) -> bool {
    !block.gone
        && !block.quoted
        && block.text_len() < 700
        && POLICIES_STEMS.begin(&block.folded)
        && !telling::quotes(&block.text)
        && !telling::reports(block)
}

/// Whether a form has a field for an address or a longer text.
fn asks(scrub: &Scrub<'_>, form: super::tree::NodeId) -> bool {
    scrub.node(form).descendants().any(|node| {
        let Some(element) = node.value().as_element() else {
            return false;
        };
        let kind = element.attr("type").unwrap_or("text").to_ascii_lowercase();
        let name = element
            .attr("name")
            .unwrap_or_default()
            .to_ascii_lowercase();
        match element.name() {
            "textarea" => true,
            "input" => {
                kind == "email"
                    || kind == "text"
                        && (name.contains("mail") || name == "author" || name == "comment")
            }
            _ => false,
        }
    })
}

/// The strongest kind of a block that is made of comment phrases alone.
fn kind(block: &Block) -> Option<Kind> {
    if block.gone || block.quoted || block.chars == 0 || block.chars > 420 {
        return None;
    }
    if block.text == "Δ" {
        return Some(LABEL);
    }
    let kinds = LEXICON.tile(&block.folded)?;
    [STRONG, HEADING, LABEL, NUMBER]
        .into_iter()
        .find(|kind| kinds.contains(kind))
}

/// Runs of blocks around a prompt or heading.
fn runs(blocks: &[Block]) -> Vec<Cut> {
    let kinds: Vec<Option<Kind>> = blocks.iter().map(kind).collect();
    let last_prose = blocks
        .iter()
        .rposition(|block| block.is_prose() && !block.gone)
        .map_or(0, |at| at + 1);
    // How many other texts follow each block: a bare heading (`Comments`) counts only where there are hardly any.
    let mut others = vec![0; blocks.len() + 1];
    for (at, block) in blocks.iter().enumerate().rev() {
        others[at] =
            others[at + 1] + usize::from(kinds[at].is_none() && block.chars > 0 && !block.gone);
    }
    let mut cuts = Vec::new();
    let mut at = 0;
    while at < blocks.len() {
        // A word in a list of the story is no prompt; behind it, forms stand in lists too.
        let strong = kinds[at] == Some(STRONG)
            && (!blocks[at].is_loose_item() || at >= last_prose && last_prose > 0);
        let near = kinds
            .iter()
            .skip(at + 1)
            .take(4)
            .any(|kind| *kind == Some(STRONG));
        let labels = kinds
            .iter()
            .skip(at + 1)
            .take(3)
            .filter(|kind| **kind == Some(LABEL))
            .count()
            >= 2;
        let heading = kinds[at] == Some(HEADING)
            && (at >= last_prose && last_prose > 0 && others[at] <= OTHERS_MAX || near || labels);
        if !strong && !heading {
            at += 1;
            continue;
        }
        let mut run = vec![at];
        // Labels stand before a prompt too (`Comment *`, then the hidden warning).
        let before = (0..at)
            .rev()
            .take_while(|index| kinds[*index] == Some(LABEL) && *index >= last_prose);
        run.extend(before.filter(|index| blocks[*index].text_len() < 60));
        let mut next = at + 1;
        while next < blocks.len() && (kinds[next].is_some() || blocks[next].gone) {
            run.push(next);
            next += 1;
        }
        run.sort_unstable();
        cuts.push(Cut::new(
            run,
            "comment form",
            "phrases of a form for comments",
        ));
        at = next;
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;

    #[test]
    fn forms_by_structure() {
        check(
            "<p>Story.</p><div id=respond><h3>Say it</h3><form><textarea></textarea><label>Name *</label></form></div>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><div class='td-warning-comment'>本文をどうぞ</div>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn forms_by_phrase() {
        check(
            "<p>Story.</p><h3>Leave a Reply <small>Antwort abbrechen</small></h3><p>Comment *</p><p>Name *</p><p>Save my name, email, and website in this browser for the next time I comment.</p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p>¡Por favor ingrese su comentario!</p>",
            "<p>Story.</p>",
        );
        check(
            "<p>Story.</p><p>发表评论 电子邮件地址不会被公开。 必填项已用*标注</p>",
            "<p>Story.</p>",
        );
    }

    #[test]
    fn prose_that_speaks_of_forms_stays() {
        for html in [
            "<p>The form says “Please enter your comment!” and then waits.</p>",
            "<blockquote><p>Please enter your name here</p></blockquote>",
            "<p>Comment</p><p>The minister’s comment on the budget was short: he would not resign, he said, whatever anybody wrote about him.</p>",
            "<p>Story.</p><p>Name</p><p>Ada</p>",
            "<p>Our pages are full of phrases that nobody reads any more, and these three are the worst of all of them:</p><p>Comments are closed.</p><p>Share this:</p><p>Leave a reply</p><p>Each of them is an order, and nobody has ever followed one without being asked to do so twice by a friend.</p>",
            "<p>The first boat took the sick and those who had missed a funeral; the baker, who had fed everybody, went home with the last of them.</p><p>Los comentarios del alcalde no gustaron a nadie en la isla, y menos a los que esperaban el barco desde el jueves.</p>",
            "<p>How to be heard:</p><ul><li>Watch it</li><li>Write a comment</li><li>Tell a friend</li></ul>",
        ] {
            check(html, html);
        }
    }
}
