"""The words of the error pages, whole in three languages.

They stand here and not in the catalogues: a page about a fault must not depend on files that the fault may concern.
The Hindi and Marathi texts are drafts and need a native review.
"""

from typing import Final, NamedTuple


class ErrorText(NamedTuple):
    title: str
    text: str


class FrameText(NamedTuple):
    """What stands around every error page."""

    name: str
    reference: str
    keep: str
    home: str
    workplace: str
    again: str
    written: str


FRAME: Final[dict[str, FrameText]] = {
    "en": FrameText(
        "Onesetu privacy and grievances",
        "Reference",
        "Give this reference if you write to us about it.",
        "Go to the first page",
        "Go to the workplace",
        "Load the page again",
        "What you wrote, for you to copy",
    ),
    "hi": FrameText(
        "Onesetu गोपनीयता और शिकायतें",
        "संदर्भ क्रमांक",
        "इसके बारे में हमें लिखें तो यह संदर्भ क्रमांक बताएँ।",
        "पहले पेज पर जाएँ",
        "कार्यस्थल पर जाएँ",
        "पेज फिर से खोलें",
        "आपने जो लिखा, ताकि आप उसे कॉपी कर सकें",
    ),
    "mr": FrameText(
        "Onesetu गोपनीयता आणि तक्रारी",
        "संदर्भ क्रमांक",
        "याबद्दल आम्हाला लिहिताना हा संदर्भ क्रमांक द्या.",
        "पहिल्या पानावर जा",
        "कार्यस्थळावर जा",
        "पान पुन्हा उघडा",
        "तुम्ही जे लिहिले ते, कॉपी करण्यासाठी",
    ),
}

TEXTS: Final[dict[str, dict[str, ErrorText]]] = {
    "read_only": {
        "en": ErrorText(
            "You can only read at the moment",
            "We are working on the portal. You can read everything and stop promotional messages; nothing else can be sent or changed until we have finished. What you write here meanwhile is not kept: copy it, and send it later. If something is urgent, write to the Grievance Officer.",
        ),
        "hi": ErrorText(
            "अभी आप केवल पढ़ सकते हैं",
            "हम पोर्टल पर काम कर रहे हैं। आप सब कुछ पढ़ सकते हैं और प्रचार संदेश बंद कर सकते हैं; काम पूरा होने तक और कुछ भेजा या बदला नहीं जा सकता। इस बीच आप यहाँ जो लिखते हैं वह रखा नहीं जाता: उसे कॉपी कर लें और बाद में भेजें। कुछ ज़रूरी हो तो शिकायत निवारण अधिकारी को लिखें।",
        ),
        "mr": ErrorText(
            "सध्या तुम्ही फक्त वाचू शकता",
            "आम्ही पोर्टलवर काम करत आहोत. तुम्ही सर्व काही वाचू शकता आणि प्रचार संदेश थांबवू शकता; काम पूर्ण होईपर्यंत दुसरे काही पाठवता किंवा बदलता येत नाही. दरम्यान तुम्ही येथे लिहिता ते ठेवले जात नाही: ते कॉपी करा आणि नंतर पाठवा. काही तातडीचे असल्यास तक्रार अधिकाऱ्याला लिहा.",
        ),
    },
    "400": {
        "en": ErrorText(
            "We could not use what was sent",
            "Something in the address or in the form did not fit. Nothing was changed. Go back, check what you entered and send it again.",
        ),
        "hi": ErrorText(
            "भेजी गई जानकारी काम नहीं आई",
            "पते या फ़ॉर्म में कुछ ठीक नहीं था। कुछ भी बदला नहीं गया। पीछे जाएँ, जो भरा है उसे जाँचें और फिर से भेजें।",
        ),
        "mr": ErrorText(
            "पाठवलेली माहिती वापरता आली नाही",
            "पत्त्यात किंवा फॉर्ममध्ये काही जुळले नाही. काहीही बदललेले नाही. मागे जा, भरलेली माहिती तपासा आणि पुन्हा पाठवा.",
        ),
    },
    "403": {
        "en": ErrorText(
            "This page is not open to you",
            "Your account or your role does not allow it. Sign in with another account, or ask an administrator who may do this.",
        ),
        "hi": ErrorText(
            "यह पेज आपके लिए खुला नहीं है",
            "आपका खाता या आपकी भूमिका इसकी अनुमति नहीं देती। दूसरे खाते से साइन इन करें, या व्यवस्थापक से पूछें कि यह कौन कर सकता है।",
        ),
        "mr": ErrorText(
            "हे पान तुमच्यासाठी खुले नाही",
            "तुमचे खाते किंवा तुमची भूमिका याची परवानगी देत नाही. दुसऱ्या खात्याने साइन इन करा, किंवा हे कोण करू शकते ते प्रशासकाला विचारा.",
        ),
    },
    "404": {
        "en": ErrorText(
            "Page not found",
            "The address may be mistyped, or the page may belong to another person. Check the address, or start from the first page.",
        ),
        "hi": ErrorText(
            "यहाँ ऐसा कोई पेज नहीं है",
            "हो सकता है पता गलत लिखा हो, या पेज किसी और का हो। पता जाँचें, या पहले पेज से शुरू करें।",
        ),
        "mr": ErrorText(
            "येथे असे पान नाही",
            "पत्ता चुकीचा लिहिला असेल, किंवा पान दुसऱ्या कोणाचे असेल. पत्ता तपासा, किंवा पहिल्या पानापासून सुरू करा.",
        ),
    },
    "405": {
        "en": ErrorText(
            "This page cannot do that",
            "What was sent does not belong to this address. Nothing was changed. Go back, load the page again and use its own buttons.",
        ),
        "hi": ErrorText(
            "यह पेज ऐसा नहीं कर सकता",
            "जो भेजा गया वह इस पते का नहीं है। कुछ भी बदला नहीं गया। पीछे जाएँ, पेज फिर से खोलें और उसी के बटन इस्तेमाल करें।",
        ),
        "mr": ErrorText(
            "हे पान असे करू शकत नाही",
            "जे पाठवले ते या पत्त्याचे नाही. काहीही बदललेले नाही. मागे जा, पान पुन्हा उघडा आणि त्याचीच बटणे वापरा.",
        ),
    },
    "409": {
        "en": ErrorText(
            "This record has changed",
            "The record changed while you worked on it. What you sent was not saved. Load the page again and check the new state.",
        ),
        "hi": ErrorText(
            "किसी और ने यह पहले कर दिया",
            "आपके काम करते समय यह रिकॉर्ड बदल गया। आपने जो भेजा वह सहेजा नहीं गया। पेज फिर से खोलें और नई स्थिति देखें।",
        ),
        "mr": ErrorText(
            "दुसऱ्या कोणीतरी हे आधी केले",
            "तुम्ही काम करत असताना ही नोंद बदलली. तुम्ही पाठवलेले जतन झाले नाही. पान पुन्हा उघडा आणि नवीन स्थिती पाहा.",
        ),
    },
    "413": {
        "en": ErrorText(
            "That is too big for us",
            "What you sent is bigger than we can take. Nothing was saved. Send a smaller file, or fewer files at a time.",
        ),
        "hi": ErrorText(
            "यह बहुत बड़ा है",
            "आपने जो भेजा वह हमारी सीमा से बड़ा है। कुछ भी सहेजा नहीं गया। छोटी फ़ाइल भेजें, या एक बार में कम फ़ाइलें भेजें।",
        ),
        "mr": ErrorText(
            "हे खूप मोठे आहे",
            "तुम्ही पाठवलेले आमच्या मर्यादेपेक्षा मोठे आहे. काहीही जतन झाले नाही. लहान फाइल पाठवा, किंवा एका वेळी कमी फाइल पाठवा.",
        ),
    },
    "429": {
        "en": ErrorText(
            "Too many tries in a short time",
            "To keep accounts safe we take only so many tries. Nothing was changed. Wait an hour, then try again.",
        ),
        "hi": ErrorText(
            "थोड़े समय में बहुत बार कोशिश हुई",
            "खातों की सुरक्षा के लिए हम सीमित कोशिशें ही लेते हैं। कुछ भी बदला नहीं गया। एक घंटा रुकें, फिर कोशिश करें।",
        ),
        "mr": ErrorText(
            "थोड्या वेळात खूप वेळा प्रयत्न झाले",
            "खाती सुरक्षित ठेवण्यासाठी आम्ही मर्यादित प्रयत्नच घेतो. काहीही बदललेले नाही. एक तास थांबा, मग पुन्हा प्रयत्न करा.",
        ),
    },
    "500": {
        "en": ErrorText(
            "Something went wrong on our side",
            "The fault is ours, and it is recorded under the reference below. Try again in a few minutes. If it happens again, give us the reference.",
        ),
        "hi": ErrorText(
            "हमारी ओर से कुछ गड़बड़ हुई",
            "गलती हमारी है और नीचे दिए संदर्भ क्रमांक के साथ दर्ज है। कुछ मिनट बाद फिर कोशिश करें। दोबारा ऐसा हो तो हमें यह क्रमांक बताएँ।",
        ),
        "mr": ErrorText(
            "आमच्या बाजूने काहीतरी चुकले",
            "चूक आमची आहे आणि खालील संदर्भ क्रमांकासह नोंदवली आहे. काही मिनिटांनी पुन्हा प्रयत्न करा. पुन्हा असे झाल्यास हा क्रमांक आम्हाला सांगा.",
        ),
    },
    "stop_taken": {
        "en": ErrorText(
            "Your stop is taken",
            "We have recorded that you want these promotional messages to stop, and when you asked. Our system is busy at the moment; your opt-out takes effect as soon as it responds, usually within a minute. You do not need to do anything else. You get a confirmation as usual.",
        ),
        "hi": ErrorText(
            "संदेश रोकने का आपका अनुरोध ले लिया गया है",
            "हमने दर्ज कर लिया है कि आप ये प्रचार संदेश रोकना चाहते हैं, और आपने यह कब कहा। हमारा सिस्टम अभी व्यस्त है; जैसे ही वह उत्तर देगा, संदेश रुक जाएँगे, आम तौर पर एक मिनट में। आपको और कुछ नहीं करना है। पुष्टि आपको हमेशा की तरह मिलेगी।",
        ),
        "mr": ErrorText(
            "संदेश थांबवण्याची तुमची विनंती घेतली आहे",
            "तुम्हाला हे प्रचार संदेश थांबवायचे आहेत आणि तुम्ही ते कधी सांगितले, याची नोंद आम्ही घेतली आहे. आमची यंत्रणा सध्या व्यस्त आहे; ती प्रतिसाद देताच, साधारण एका मिनिटात, संदेश थांबतील. तुम्हाला आणखी काही करावे लागणार नाही. नेहमीप्रमाणे तुम्हाला पुष्टी मिळेल.",
        ),
    },
    "stop_taken_by_code": {
        "en": ErrorText(
            "Your stop is taken; we check your code shortly",
            "Our system is busy at the moment. As soon as it answers we check the code you typed, and then stop all promotional messages at this address, counted from now. If the code was not right, we send you a new one: enter it on the same page.",
        ),
        "hi": ErrorText(
            "संदेश रोकने का आपका अनुरोध ले लिया गया है; आपका कोड हम थोड़ी देर में जाँचेंगे",
            "हमारा सिस्टम अभी व्यस्त है। जैसे ही वह उत्तर देगा, हम आपका लिखा कोड जाँचेंगे और इस पते पर सभी प्रचार संदेश रोक देंगे, अभी के समय से गिनकर। कोड सही न हो तो हम आपको नया कोड भेजेंगे: उसे इसी पेज पर लिखें।",
        ),
        "mr": ErrorText(
            "संदेश थांबवण्याची तुमची विनंती घेतली आहे; तुमचा कोड आम्ही लवकरच तपासू",
            "आमची यंत्रणा सध्या व्यस्त आहे. ती प्रतिसाद देताच आम्ही तुम्ही लिहिलेला कोड तपासू आणि या पत्त्यावरील सर्व प्रचार संदेश आतापासूनच्या वेळेने थांबवू. कोड बरोबर नसल्यास आम्ही तुम्हाला नवा कोड पाठवू: तो याच पानावर लिहा.",
        ),
    },
    "stop_offered": {
        "en": ErrorText(
            "Stop these messages",
            "Our system is busy at the moment, but you can stop the kind of message that this link came with. We note it now, and it takes effect within a minute after our system answers again.",
        ),
        "hi": ErrorText(
            "ये संदेश रोकें",
            "हमारा सिस्टम अभी व्यस्त है, फिर भी आप उस तरह के संदेश रोक सकते हैं जिसमें यह लिंक आया था। हम इसे अभी दर्ज करते हैं, और सिस्टम के उत्तर देने के एक मिनट के भीतर यह लागू हो जाएगा।",
        ),
        "mr": ErrorText(
            "हे संदेश थांबवा",
            "आमची यंत्रणा सध्या व्यस्त आहे, तरीही ही लिंक ज्या प्रकारच्या संदेशात आली तसे संदेश तुम्ही थांबवू शकता. आम्ही त्याची आत्ता नोंद घेतो, आणि यंत्रणेने प्रतिसाद दिल्यापासून एका मिनिटात ते लागू होईल.",
        ),
    },
    "503": {
        "en": ErrorText(
            "We cannot do this just now",
            "A service that this page needs does not respond at the moment. Nothing was changed or refused. Try again in 5 minutes. If it happens again, give us the reference below.",
        ),
        "hi": ErrorText(
            "यह अभी नहीं हो सकता",
            "इस पेज को जिस सेवा की ज़रूरत है वह अभी उत्तर नहीं दे रही है। कुछ भी बदला नहीं गया, और किसी ने आपको मना नहीं किया है। 5 मिनट बाद फिर कोशिश करें। दोबारा ऐसा हो तो हमें नीचे दिया संदर्भ क्रमांक बताएँ।",
        ),
        "mr": ErrorText(
            "हे आत्ता करता येत नाही",
            "या पानाला लागणारी सेवा सध्या प्रतिसाद देत नाही. काहीही बदललेले नाही, आणि कोणीही तुम्हाला नकार दिलेला नाही. 5 मिनिटांनी पुन्हा प्रयत्न करा. पुन्हा असे झाल्यास खालील संदर्भ क्रमांक आम्हाला सांगा.",
        ),
    },
    "session_ended": {
        "en": ErrorText(
            "Your session has ended",
            "The page was open for too long, or you signed out in another window. What you sent was not saved. If you wrote something, copy it from here, load the page again, and send it once more.",
        ),
        "hi": ErrorText(
            "आपका सत्र समाप्त हो गया है",
            "पेज बहुत देर तक खुला रहा, या आपने दूसरी विंडो में साइन आउट किया। आपने जो भेजा वह सहेजा नहीं गया। आपने कुछ लिखा हो तो उसे यहाँ से कॉपी करें, पेज फिर से खोलें और दोबारा भेजें।",
        ),
        "mr": ErrorText(
            "तुमचे सत्र संपले आहे",
            "पान खूप वेळ उघडे होते, किंवा तुम्ही दुसऱ्या विंडोमध्ये साइन आउट केले. तुम्ही पाठवलेले जतन झाले नाही. काही लिहिले असल्यास ते येथून कॉपी करा, पान पुन्हा उघडा आणि परत पाठवा.",
        ),
    },
}
