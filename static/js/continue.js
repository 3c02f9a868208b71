// Sends the form of sso/form_post.html at once; without script its button does the same.
document.getElementById("answer").submit();
